import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../support/seeds.ts';
import { SessionClock } from '../../client/session.ts';
import { ManualDeviceClock } from './manual-device-clock.ts';
import { openRig, startWatching, watch } from './rig.ts';

describe('the session clock', () => {
  it('grows by at least 1 ms with each sequence, however fast things happen (SEQ-1)', async () => {
    const steps = fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 3, noNaN: true })));
    await fc.assert(
      fc.asyncProperty(steps, async (waits) => {
        const device = new ManualDeviceClock();
        const clock = new SessionClock(device);
        const stamps = [clock.stamp()];
        for (const waitMs of waits) {
          await device.advance(waitMs);
          stamps.push(clock.stamp());
        }
        stamps.forEach(({ sequence, elapsedMs }, index) => {
          expect(sequence).toBe(index);
          const before = stamps[index - 1];
          if (before !== undefined) expect(elapsedMs - before.elapsedMs).toBeGreaterThanOrEqual(1);
        });
      }),
      { numRuns: 50 },
    );
  });

  it('reads zero when play was pressed, and keeps to the device’s monotonic clock (CLK-1)', async () => {
    const rig = openRig();
    await rig.clock.advance(5_000);
    await startWatching(rig);
    await watch(rig, 5_000);
    expect(rig.server.of('BeginSession')[0]?.variables.input.elapsedMs).toBe(0);
    expect(rig.server.heartbeats.map(({ elapsedMs }) => elapsedMs)).toEqual([0, 5_000]);
  });

  it('is given up for a new session when it stood still while the device slept (CLK-6)', async () => {
    const rig = openRig();
    await startWatching(rig);
    rig.player.pause();
    await rig.server.settle();
    rig.clock.sleep(3_600_000);
    rig.player.play();
    await rig.server.settle();
    const [first, second] = rig.server.of('BeginSession').map(({ variables }) => variables.input);
    expect(second).toMatchObject({ elapsedMs: 0, basedOn: expect.stringMatching(/^0+1000/) });
    expect(second.sessionId).not.toBe(first.sessionId);
    // The viewer pressed play: a deliberate act, in the new session too.
    expect(rig.server.heartbeats.at(-1)).toMatchObject({ event: 'PLAY', sequence: 0 });
  });
});
