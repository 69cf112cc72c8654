import { randomUUID } from 'node:crypto';
import type { Operation } from '../../client/operations.ts';
import type { Device } from './device.ts';
import { expectFields, expectThat, Unmet } from './expectation.ts';
import type { RuleCase } from './rule-case.ts';
import type { ServerUnderTest } from './server-under-test.ts';

const undoMutation: Operation = {
  name: 'UndoSession',
  document: `mutation UndoSession($input: UndoSessionInput!) { undoSession(input: $input) {
    playheads { positionMs status } problems { code message path } } }`,
};

const reassignMutation: Operation = {
  name: 'ReassignSession',
  document: `mutation ReassignSession($input: ReassignSessionInput!) {
    reassignSession(input: $input) { problems { code message path } } }`,
};

const sessionsQuery: Operation = {
  name: 'WatchSessions',
  document: `query WatchSessions { viewer { watchSessions(first: 50) { edges { node {
    id titles { playableId toPositionMs } } } } } }`,
};

/** A moment that is after everything before it by any device's clock, however slow the network was, ms. */
const laterMs = 2_500;
const tvAtMs = 900_000;

/** Taking back what a session did, and giving it away. */
export const takeBackRules: readonly RuleCase[] = [
  {
    title: 'sets a title back to where it would be had the session never been (UNDO-1)',
    async run(server) {
      const tv = await watched(server);
      const phone = server.device(tv.playableId);
      await phone.begin();
      await phone.report('SEEK', 5_000, { elapsedMs: phone.elapsedMs + laterMs });
      await phone.report('STOP', 5_000, { elapsedMs: phone.elapsedMs + laterMs + 1 });
      const [left] = (await undo(server, phone)).playheads;
      expectFields(left, { positionMs: tvAtMs, status: 'IN_PROGRESS' });
      const [none] = (await undo(server, tv)).playheads;
      expectFields(none, { positionMs: 0, status: 'NOT_STARTED' });
    },
  },
  {
    title: 'keeps undone what comes late, and counts what the session does afterwards (UNDO-2)',
    async run(server) {
      const tv = await watched(server);
      const late = tv.observe('SEEK', 5_000);
      await undo(server, tv);
      expectFields(await tv.send(late), { outcome: 'SUPERSEDED' });
      const after = { elapsedMs: tv.elapsedMs + laterMs };
      expectFields(await tv.report('PLAY', 6_000, after), { outcome: 'ACCEPTED' });
    },
  },
  {
    title: 'finds no session that this profile never watched (UNDO-3)',
    async run(server) {
      const tv = await watched(server);
      const input = { sessionId: `no-${tv.sessionId}` };
      expectFields(await ask(server, input), refusedFor('NOT_FOUND'));
    },
  },
  {
    title: 'takes nothing back while it plays (UNDO-4)',
    async run(server) {
      const tv = server.device();
      await tv.play(tvAtMs);
      expectFields(await undo(server, tv), refusedFor('SESSION_ACTIVE'));
    },
  },
  {
    title: 'takes back once (UNDO-5)',
    async run(server) {
      const tv = await watched(server);
      await undo(server, tv);
      const before = await server.playhead(tv.playableId);
      expectFields(await undo(server, tv), refusedFor('ALREADY_UNDONE'));
      expectFields(await server.playhead(tv.playableId), { version: before.version });
    },
  },
  {
    title: 'lists what it was told a moment ago (UNDO-6)',
    async run(server) {
      const tv = await watched(server);
      const { viewer } = await server.data(sessionsQuery);
      const edges: { node: { id: string; titles: object[] } }[] = viewer.watchSessions.edges;
      const own = edges.find(({ node }) => node.id === tv.sessionId);
      expectThat(own !== undefined, 'the session that has just stopped', edges.length);
      expectFields(own?.node.titles[0], { playableId: tv.playableId, toPositionMs: tvAtMs });
    },
  },
  {
    title: 'gives nothing to a profile that the token does not name (GIVE-4)',
    async run(server) {
      const tv = await watched(server);
      const input = { sessionId: tv.sessionId, profileId: `nobody-${randomUUID()}` };
      const { data, errors } = await server.ask(reassignMutation, { input });
      expectThat((data?.reassignSession ?? null) === null, 'no answer', data);
      expectFields(errors[0]?.extensions, { code: 'FORBIDDEN' });
    },
  },
];

/** A session that played, and has stopped. */
async function watched(server: ServerUnderTest): Promise<Device> {
  const tv = server.device();
  await tv.play(tvAtMs);
  await tv.report('STOP', tvAtMs);
  return tv;
}

interface Undone {
  playheads: { positionMs: number; status: string }[];
  problems: { code: string; path: string[] }[];
  /** Codes of the problems. */
  codes: string[];
}

function refusedFor(code: string): Pick<Undone, 'playheads' | 'codes'> {
  return { playheads: [], codes: [code] };
}

function undo(server: ServerUnderTest, { sessionId }: Device): Promise<Undone> {
  return ask(server, { sessionId });
}

async function ask(server: ServerUnderTest, input: { sessionId: string }): Promise<Undone> {
  const { undoSession } = await server.data(undoMutation, { input });
  if (!undoSession) throw new Unmet('an answer of undoSession', undoSession);
  const codes = undoSession.problems.map(({ code }: { code: string }) => code);
  return { ...undoSession, codes };
}
