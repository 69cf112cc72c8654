// What breaks: the hot store's memory, or its disk. How: it answers reads and refuses writes.
// What must still hold: writes are durable, nobody is shown what is older than they wrote, whatever
// process they ask, and the hot store has everything once it takes writes again.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { StoreTakesNoWrites } from '../../../stores/faults.ts';
import { minuteMs, secondMs, sharePlayback, type TestDevice } from '../../support/playback.ts';

const playback = sharePlayback();
let tv: TestDevice;

beforeEach(async () => {
  await playback.clock.advance(2 * secondMs);
  tv = playback.device();
});

describe('while the hot store takes no writes', () => {
  it('an intent is durable, and the answer shows it, flagged', async () => {
    await tv.play(0);
    playback.hot.isFull = true;
    expect(await tv.report('PAUSE', minuteMs)).toMatchObject({
      outcome: 'ACCEPTED',
      durability: 'DURABLE',
      playhead: { positionMs: minuteMs, freshness: { degraded: true } },
    });
  });

  it('the mark is dropped before the durable store is newer', async () => {
    await tv.play(0);
    await playback.playhead();
    playback.hot.isFull = true;
    let wasDropped: boolean | undefined;
    playback.durable.interrupt('before', 'write', async () => {
      wasDropped = playback.hot.calls('dropMark') > 0;
    });
    await tv.report('PAUSE', minuteMs);
    expect(wasDropped).toBe(true);
  });

  it('what is given back while it is being read is in the answer', async () => {
    await tv.play(0);
    playback.hot.isFull = true;
    playback.hot.interrupt('before', 'dropMark', () =>
      Promise.reject(new StoreTakesNoWrites('MISCONF')),
    );
    await tv.report('PAUSE', minuteMs);
    playback.hot.isFull = false;
    // The hot store has answered with what it held; until the answer arrives it gets what it lacks.
    playback.hot.interrupt('after', 'read', () => playback.clock.advance(2 * secondMs));
    expect((await playback.playhead()).positionMs).toBe(minuteMs);
  });

  it('reads ask both stores', async () => {
    await tv.play(0);
    await playback.clock.advance(secondMs);
    await tv.report('HEARTBEAT', 5 * secondMs);
    playback.hot.isFull = true;
    await tv.report('PAUSE', minuteMs);
    playback.durable.forgetCalls();
    const shown = await playback.playhead();
    expect(shown).toMatchObject({ positionMs: minuteMs, freshness: { degraded: true } });
    expect(playback.durable.calls('read')).toBe(1);
    // Another title is hot only: the durable store alone would not know it.
    expect(await playback.playhead('other-film')).toMatchObject({ status: 'NOT_STARTED' });
  });

  it('what is hot only is still shown', async () => {
    const phone = playback.device({ id: 'phone', kind: 'PHONE' });
    await phone.begin({ playableId: 'other-film' });
    playback.durable.isDown = true;
    await phone.report('START', 7 * minuteMs);
    playback.durable.isDown = false;
    await tv.begin();
    playback.hot.isFull = true;
    await tv.report('PAUSE', minuteMs);
    expect((await playback.playhead('other-film')).positionMs).toBe(7 * minuteMs);
  });

  it('a cold profile is known all the same', async () => {
    await tv.begin();
    await tv.report('PAUSE', minuteMs);
    await playback.kill();
    playback.hot.isFull = true;
    expect(await playback.playhead()).toMatchObject({
      positionMs: minuteMs,
      freshness: { degraded: true },
    });
    expect((await playback.change('finishPlayhead')).playhead?.status).toBe('FINISHED');
  });

  it('it is not taken for a store that does not answer', async () => {
    await tv.play(0);
    playback.hot.isFull = true;
    for (let time = 0; time < 10; time += 1) await tv.report('PAUSE', minuteMs + time);
    playback.hot.forgetCalls();
    await playback.playhead();
    expect(playback.hot.calls('read')).toBe(1);
  });
});

describe('when the hot store takes writes again', () => {
  it('it has everything, and answers alone', async () => {
    await tv.play(0);
    playback.hot.isFull = true;
    await tv.report('PAUSE', 9 * minuteMs);
    playback.hot.isFull = false;
    await playback.clock.advance(2 * secondMs);
    await playback.playhead();
    playback.durable.forgetCalls();
    expect(await playback.playhead()).toMatchObject({
      positionMs: 9 * minuteMs,
      freshness: { source: 'HOT', degraded: false },
    });
    expect(playback.durable.calls('read')).toBe(0);
  });
});
