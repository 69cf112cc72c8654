import type { Heartbeat } from '../../client/outbox.ts';
import { filmMs } from './device.ts';
import { expectFields, expectRefused, expectThat } from './expectation.ts';
import type { RuleCase } from './rule-case.ts';
import type { ServerUnderTest } from './server-under-test.ts';

const minuteMs = 60_000;

/** Sequences, positions, durations, and the rhythm that the server asks for. */
export const heartbeatRules: readonly RuleCase[] = [
  {
    title: 'refuses a batch whole whose sequence does not grow, OUT_OF_ORDER (SEQ-2)',
    async run(server) {
      const device = server.device();
      await device.begin();
      const first = device.observe('START', 0);
      const second = device.observe('HEARTBEAT', 100, { sequence: first.sequence });
      expectRefused(await device.send(first, second), 'OUT_OF_ORDER');
      expectFields(await server.playhead(device.playableId), { status: 'NOT_STARTED' });
    },
  },
  {
    title:
      'refuses a batch whole whose clock grows less than 1 ms a sequence, OUT_OF_ORDER (SEQ-3)',
    async run(server) {
      const device = server.device();
      await device.begin({ elapsedMs: 1_000 });
      const at = (sequence: number, elapsedMs: number): Heartbeat =>
        device.observe('HEARTBEAT', 100, { sequence, elapsedMs });
      expectRefused(await device.send(at(0, 10), at(1, 10)), 'OUT_OF_ORDER');
      expectRefused(await device.send(at(0, 10), at(5, 14)), 'OUT_OF_ORDER');
    },
  },
  {
    title: 'takes a batch that leaves sequences out (SEQ-4)',
    async run(server) {
      const device = server.device();
      await device.begin({ elapsedMs: 1_000 });
      const recorded = await device.send(
        device.observe('START', 0, { sequence: 0, elapsedMs: 1 }),
        device.observe('HEARTBEAT', 900, { sequence: 90, elapsedMs: 900 }),
      );
      expectFields(recorded, { outcome: 'ACCEPTED', problems: [] });
      expectFields(recorded.playhead, { positionMs: 900 });
    },
  },
  {
    title: 'takes 1 to 100 heartbeats, TOO_MANY_HEARTBEATS beyond (SEQ-5)',
    async run(server) {
      const device = server.device();
      await device.begin({ elapsedMs: 1_000 });
      const batch = Array.from({ length: 101 }, (_, index) =>
        device.observe('HEARTBEAT', index, { sequence: index, elapsedMs: index }),
      );
      expectRefused(await device.send(), 'INVALID_INPUT');
      expectRefused(await device.send(...batch), 'TOO_MANY_HEARTBEATS');
      const taken = await device.send(...batch.slice(0, 100));
      expectFields(taken, { outcome: 'ACCEPTED', problems: [] });
    },
  },
  {
    title: 'ends at the newest heartbeat, in whatever order requests arrive (SEQ-6)',
    async run(server) {
      const device = server.device();
      await device.begin();
      const older = device.observe('START', 1_000);
      const newer = device.observe('HEARTBEAT', 2_000);
      await device.send(newer);
      await device.send(older);
      expectFields(await server.playhead(device.playableId), { positionMs: 2_000 });
    },
  },
  {
    title: 'refuses a bad heartbeat alone, naming it, and takes its neighbours (SEQ-7)',
    async run(server) {
      const device = server.device();
      await device.begin();
      const recorded = await device.send(
        device.observe('START', 1_000),
        device.observe('HEARTBEAT', -1),
        device.observe('HEARTBEAT', 2_000),
      );
      expectFields(recorded.playhead, { positionMs: 2_000 });
      expectThat(recorded.problems.length === 1, 'one problem', recorded.problems);
      expectFields(recorded.problems[0], { path: ['heartbeats', '1', 'positionMs'] });
    },
  },
  {
    title: 'refuses positions outside 0 to duration + 5 s, and never clamps them (POS-1)',
    async run(server) {
      const device = server.device();
      await device.begin({ durationMs: 600_000 });
      for (const positionMs of [-1, 605_001]) {
        expectRefused(await device.report('SEEK', positionMs), 'POSITION_OUT_OF_RANGE');
      }
      expectFields(await server.playhead(device.playableId), { status: 'NOT_STARTED' });
      expectFields(await device.report('SEEK', 605_000), { outcome: 'ACCEPTED' });
    },
  },
  {
    title: 'refuses a duration of 0, INVALID_INPUT (POS-2)',
    async run(server) {
      const device = server.device();
      await device.begin();
      expectRefused(await device.report('START', 0, { durationMs: 0 }), 'INVALID_INPUT');
    },
  },
  {
    title: 'finishes nothing, and gives no progress, while the duration is unknown (POS-3)',
    async run(server) {
      const device = server.device();
      await device.begin();
      // Asked for again without a duration.
      device.session = (await device.ask({})).session ?? '';
      const { playhead } = await device.report('START', 50 * filmMs);
      expectFields(playhead, { status: 'IN_PROGRESS', progress: null, durationMs: null });
    },
  },
  {
    title: 'finishes at the credits, and without them by duration (POS-4)',
    async run(server) {
      const credits = { durationMs: 100 * minuteMs, creditsStartMs: 60 * minuteMs };
      await expectFinishedFrom(server, { ...credits, finishedMs: 60 * minuteMs });
      await expectFinishedFrom(server, { durationMs: 10 * minuteMs, finishedMs: 570_000 });
      await expectFinishedFrom(server, { durationMs: 40 * minuteMs, finishedMs: 37 * minuteMs });
      await expectFinishedFrom(server, { durationMs: 20 * minuteMs, finishedMs: 18 * minuteMs });
      await expectFinishedFrom(server, { durationMs: 100 * minuteMs, finishedMs: 95 * minuteMs });
      await expectFinishedFrom(server, { durationMs: 200 * minuteMs, finishedMs: 192 * minuteMs });
    },
  },
  {
    title: 'finishes with FINISH, wherever the player stands (POS-5)',
    async run(server) {
      const device = server.device();
      await device.play(0);
      const { playhead } = await device.report('FINISH', 60_000);
      expectFields(playhead, { status: 'FINISHED', positionMs: 60_000 });
    },
  },
  {
    title: 'asks for the next heartbeat in 1 to 60 s, no sooner while paused (HB-3)',
    async run(server) {
      const device = server.device();
      const begun = await device.begin();
      const playing = await device.report('START', 0);
      const paused = await device.report('PAUSE', 10);
      for (const { nextHeartbeatInMs } of [begun, playing, paused]) {
        const isWithin = nextHeartbeatInMs >= 1_000 && nextHeartbeatInMs <= 60_000;
        expectThat(isWithin, 'nextHeartbeatInMs from 1000 to 60000', nextHeartbeatInMs);
      }
      const isSlower = paused.nextHeartbeatInMs >= playing.nextHeartbeatInMs;
      expectThat(isSlower, 'no sooner while paused', paused.nextHeartbeatInMs);
    },
  },
  {
    title:
      'moves nothing for a PING, and tells its session whether it still holds the playhead (HB-6)',
    async run(server) {
      const tv = server.device();
      await tv.play(100_000);
      const own = await tv.report('PING', 200_000);
      expectFields(own, { outcome: 'DUPLICATE', durability: 'NONE' });
      expectFields(own.playhead, { positionMs: 100_000 });
      const phone = server.device(tv.playableId);
      await phone.play(100_500);
      const lost = await tv.report('PING', 200_000);
      expectFields(lost, { outcome: 'SUPERSEDED', durability: 'NONE' });
      expectFields(lost.playhead, { positionMs: 100_500 });
    },
  },
];

/** The position is the first that counts as finished. */
async function expectFinishedFrom(
  server: ServerUnderTest,
  of: { durationMs: number; creditsStartMs?: number; finishedMs: number },
): Promise<void> {
  const { finishedMs, ...subject } = of;
  const device = server.device();
  const before = await device.play(finishedMs - 1_000, subject);
  expectFields(before.playhead, { status: 'IN_PROGRESS' });
  const after = await device.report('HEARTBEAT', finishedMs);
  expectFields(after.playhead, { status: 'FINISHED' });
}
