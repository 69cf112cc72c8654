import { type Operation, recordHeartbeatsMutation } from '../../client/operations.ts';
import type { PlaybackEvent } from '../../client/outbox.ts';
import type { Device } from './device.ts';
import { expectFields, expectThat, Unmet } from './expectation.ts';
import type { RuleCase } from './rule-case.ts';
import type { ServerUnderTest } from './server-under-test.ts';

const takeOverMutation: Operation = {
  name: 'TakeOver',
  document: `mutation TakeOver($input: TakeOverInput!) { takeOver(input: $input) {
    from { id takenOverBy { sessionId } } playhead { positionMs resumePositionMs }
    problems { code message path } } }`,
};

const alternativeQuery: Operation = {
  name: 'AlternativeOf',
  document: `query AlternativeOf($playableId: ID!) { viewer { playhead(playableId: $playableId) {
    positionMs alternative { sessionId positionMs resumePositionMs ageMs device { id } } } } }`,
};

/** A moment that is after everything before it by any device's clock, however slow the network was, ms. */
const laterMs = 2_500;
const tvAtMs = 900_000;

/** Hand-over, and who moves the playhead when several devices are at one title. */
export const handOverRules: readonly RuleCase[] = [
  {
    title: 'answers a take-over with where to go on, and moves nothing by it (HND-1)',
    async run(server) {
      const { tv, phone } = await twoDevices(server);
      const before = await server.playhead(tv.playableId);
      const taken = await takeOver(server, { phone, from: tv.sessionId });
      expectFields(taken, { problems: [] });
      expectFields(taken.playhead, { positionMs: tvAtMs, resumePositionMs: tvAtMs });
      expectFields(await server.playhead(tv.playableId), { version: before.version });
    },
  },
  {
    title: 'tells the session that was taken over who took it, in its next answer (HND-2)',
    async run(server) {
      const { tv, phone } = await twoDevices(server);
      await takeOver(server, { phone, from: tv.sessionId });
      const told = await reportFrom(server, tv);
      expectFields(told.takenOverBy, { sessionId: phone.sessionId });
    },
  },
  {
    title: 'lets nothing that a player does by itself move the playhead after that (HND-3)',
    async run(server) {
      const { tv, phone } = await twoDevices(server);
      await takeOver(server, { phone, from: tv.sessionId });
      for (const event of ['HEARTBEAT', 'PAUSE', 'STOP'] as const) {
        const later = { elapsedMs: tv.elapsedMs + laterMs };
        expectFields(await tv.report(event, 5_000, later), {
          ...{ outcome: 'SUPERSEDED', durability: 'NONE' },
        });
      }
      expectFields(await server.playhead(tv.playableId), { positionMs: tvAtMs });
    },
  },
  {
    title: 'lets it move the playhead again once its viewer plays or seeks there (HND-4)',
    async run(server) {
      for (const event of ['PLAY', 'SEEK'] as const) {
        const { tv, phone } = await twoDevices(server);
        await takeOver(server, { phone, from: tv.sessionId });
        const later = tv.elapsedMs + laterMs;
        const act = await tv.report(event, 5_000, { elapsedMs: later });
        expectFields({ event, ...act }, { event, outcome: 'ACCEPTED' });
        const next = await tv.report('HEARTBEAT', 6_000, { elapsedMs: later + 1_000 });
        expectFields(next, { outcome: 'ACCEPTED' });
      }
    },
  },
  {
    title: 'takes a repeated take-over for what it is, also when the other session is over (HND-5)',
    async run(server) {
      const { tv, phone } = await twoDevices(server);
      const input = { session: phone.session, from: tv.sessionId, elapsedMs: 0 };
      await ask(server, input);
      await tv.report('STOP', tvAtMs);
      const again = await ask(server, input);
      expectFields(again, { problems: [] });
      expectFields(again.from?.takenOverBy, { sessionId: phone.sessionId });
    },
  },
  {
    title: 'refuses to take over what is not there, or not of this title, by problems (HND-6)',
    async run(server) {
      const { tv, phone } = await twoDevices(server);
      await tv.report('STOP', tvAtMs);
      const other = server.device();
      await other.play(1_000);
      const { sessionId } = phone;
      for (const [from, code] of [
        [`no-${sessionId}`, 'NOT_FOUND'],
        [tv.sessionId, 'NOT_FOUND'],
        [other.sessionId, 'INVALID_INPUT'],
        [sessionId, 'INVALID_INPUT'],
      ] as const) {
        const { problems } = await takeOver(server, { phone, from });
        const came = problems.map((problem) => [problem.code, ...problem.path]);
        expectFields({ from, came }, { from, came: [[code, 'from']] });
      }
    },
  },
  {
    title: 'asks no session to pause that nobody took over (HND-8)',
    async run(server) {
      const { tv, phone } = await twoDevices(server);
      await tv.report('PAUSE', tvAtMs);
      await phone.report('START', tvAtMs, { elapsedMs: phone.elapsedMs + laterMs });
      const elapsedMs = tv.elapsedMs + 2 * laterMs;
      const told = await reportFrom(server, tv, { event: 'PAUSE', elapsedMs });
      expectFields(told, { outcome: 'SUPERSEDED', takenOverBy: null });
    },
  },
  {
    title:
      'moves nothing when a player that was left on pause is closed after another viewer acted (STL-6)',
    async run(server) {
      const { tv, phone } = await twoDevices(server);
      await tv.report('PAUSE', tvAtMs);
      await phone.report('SEEK', 5_000, { elapsedMs: phone.elapsedMs + laterMs });
      const closed = await tv.report('STOP', tvAtMs, { elapsedMs: tv.elapsedMs + 2 * laterMs });
      expectFields(closed, { outcome: 'SUPERSEDED', durability: 'NONE' });
      expectFields(await server.playhead(tv.playableId), { positionMs: 5_000 });
    },
  },
  {
    title: 'names the other device that is more than a minute away, and no nearer one (RES-11)',
    async run(server) {
      const { tv, phone } = await twoDevices(server);
      await phone.report('SEEK', tvAtMs + 30_000, { elapsedMs: phone.elapsedMs + laterMs });
      expectThat((await alternativeOf(server, tv)) === null, 'none within a minute', null);
      await phone.report('SEEK', 5_000, { elapsedMs: phone.elapsedMs + 2 * laterMs });
      expectFields(await alternativeOf(server, tv), {
        ...{ sessionId: tv.sessionId, positionMs: tvAtMs, device: { id: tv.deviceId } },
      });
    },
  },
];

/** A television that plays, and a phone that has just begun a session of the same title. */
async function twoDevices(server: ServerUnderTest) {
  const tv = server.device();
  await tv.play(tvAtMs);
  const phone = server.device(tv.playableId);
  await phone.begin();
  return { tv, phone };
}

interface Taken {
  from: { takenOverBy: { sessionId: string } | null } | null;
  playhead: { positionMs: number; resumePositionMs: number } | null;
  problems: { code: string; path: string[] }[];
}

function takeOver(server: ServerUnderTest, of: { phone: Device; from: string }): Promise<Taken> {
  const { session, elapsedMs } = of.phone;
  return ask(server, { session, from: of.from, elapsedMs: elapsedMs + laterMs / 2 });
}

async function ask(server: ServerUnderTest, input: object): Promise<Taken> {
  const data = await server.data(takeOverMutation, { input });
  if (data.takeOver) return data.takeOver;
  throw new Unmet('an answer of takeOver', data);
}

async function reportFrom(
  server: ServerUnderTest,
  device: Device,
  more: { event?: PlaybackEvent; elapsedMs: number } = { elapsedMs: device.elapsedMs + laterMs },
): Promise<{ outcome: string; takenOverBy: { sessionId: string } | null }> {
  const { event = 'HEARTBEAT', elapsedMs } = more;
  const heartbeats = [device.observe(event, tvAtMs + 5_000, { elapsedMs })];
  const input = { session: device.session, heartbeats };
  const data = await server.data(recordHeartbeatsMutation, { input });
  if (data.recordHeartbeats) return data.recordHeartbeats;
  throw new Unmet('an answer of recordHeartbeats', data);
}

async function alternativeOf(server: ServerUnderTest, { playableId }: Device) {
  const { viewer } = await server.data(alternativeQuery, { playableId });
  return viewer?.playhead?.alternative ?? null;
}
