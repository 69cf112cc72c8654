import { beginSessionMutation } from '../../client/operations.ts';
import type { PlaybackEvent } from '../../client/outbox.ts';
import { expectFields, expectThat } from './expectation.ts';
import type { RuleCase } from './rule-case.ts';

const intents: readonly PlaybackEvent[] = ['PAUSE', 'SEEK', 'STOP', 'FINISH'];

/** Outcomes, durability, problems and faults. */
export const acknowledgementRules: readonly RuleCase[] = [
  {
    title: 'answers ACCEPTED with the playhead that is now in force (ACK-1)',
    async run(server) {
      const device = server.device();
      const recorded = await device.play(12_345);
      expectFields(recorded, { outcome: 'ACCEPTED', problems: [] });
      expectFields(recorded.playhead, { playableId: device.playableId, positionMs: 12_345 });
      const stored = await server.playhead(device.playableId);
      expectFields(stored, { positionMs: 12_345, status: 'IN_PROGRESS' });
    },
  },
  {
    title: 'answers SUPERSEDED, without an error, with the newer playhead (ACK-2)',
    async run(server) {
      const tv = server.device();
      const phone = server.device(tv.playableId);
      await tv.begin();
      await phone.begin();
      const older = tv.observe('START', 900_000);
      await phone.report('SEEK', 6_000, { elapsedMs: 1_000 });
      const late = await tv.send(older);
      expectFields(late, { outcome: 'SUPERSEDED', problems: [] });
      expectFields(late.playhead, { positionMs: 6_000 });
    },
  },
  {
    title: 'answers DUPLICATE to what it has, and changes nothing (ACK-3)',
    async run(server) {
      const device = server.device();
      await device.begin();
      const heartbeat = device.observe('PAUSE', 1_000);
      await device.send(heartbeat);
      const again = await device.send(heartbeat);
      expectFields(again, { outcome: 'DUPLICATE', problems: [] });
      expectFields(again.playhead, { positionMs: 1_000 });
    },
  },
  {
    title: 'answers REFUSED with durability NONE and no playhead when it stored nothing (ACK-4)',
    async run(server) {
      const device = server.device();
      await device.begin();
      const refused = await device.report('START', -1);
      expectFields(refused, { outcome: 'REFUSED', durability: 'NONE', playhead: null });
    },
  },
  {
    title: 'answers a batch with the outcome of its newest heartbeat that was not refused (ACK-6)',
    async run(server) {
      const device = server.device();
      await device.begin();
      const first = device.observe('START', 1_000);
      const second = device.observe('HEARTBEAT', 2_000);
      const bad = device.observe('HEARTBEAT', -1);
      await device.send(first);
      const recorded = await device.send(first, second, bad);
      expectFields(recorded, { outcome: 'ACCEPTED' });
      expectFields(recorded.playhead, { positionMs: 2_000 });
    },
  },
  {
    title: 'has a plain heartbeat in the fast tier at least: HOT or DURABLE (ACK-7)',
    async run(server) {
      const device = server.device();
      await device.play(1_000);
      const { durability } = await device.report('HEARTBEAT', 2_000);
      expectThat(['HOT', 'DURABLE'].includes(durability), 'HOT or DURABLE', durability);
    },
  },
  {
    title: 'has PAUSE, SEEK, STOP and FINISH, with all of their batch, DURABLE (ACK-8)',
    async run(server) {
      for (const event of intents) {
        const device = server.device();
        await device.begin();
        const batch = [device.observe('START', 0), device.observe(event, 1_000)];
        const recorded = await device.send(...batch, device.observe('HEARTBEAT', 2_000));
        expectFields({ event, ...recorded }, { event, durability: 'DURABLE' });
      }
    },
  },
  {
    title: 'keeps the newest position, not the furthest (ACK-9)',
    async run(server) {
      const device = server.device();
      await device.play(900_000);
      const back = await device.report('HEARTBEAT', 100_000);
      expectFields(back, { outcome: 'ACCEPTED' });
      expectFields(await server.playhead(device.playableId), { positionMs: 100_000 });
    },
  },
  {
    title: 'tells what is wrong with an input as problems, with code, message and path (ERR-1)',
    async run(server) {
      const begun = await server.device().ask({ sessionId: 'session', durationMs: -1 });
      const [problem] = begun.problems;
      expectFields(problem, { code: 'INVALID_INPUT', path: ['durationMs'] });
      expectThat((problem?.message ?? '') !== '', 'a message', problem);
    },
  },
  {
    title: 'tells what does not fit the schema as an error with code and retryable (ERR-3)',
    async run(server) {
      const { errors } = await server.ask(beginSessionMutation, { input: { playableId: 7 } });
      expectFields(errors[0]?.extensions, { code: 'BAD_USER_INPUT', retryable: false });
    },
  },
];
