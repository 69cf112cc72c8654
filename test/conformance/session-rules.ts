import {
  beginSessionMutation,
  playheadQuery,
  recordHeartbeatsMutation,
} from '../../client/operations.ts';
import { expectFields, expectRefused, expectThat } from './expectation.ts';
import type { RuleCase } from './rule-case.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Above what a server reads of one request. */
const bodyBytesTooMany = 256 * 1024 + 1;

/** Transport, sessions, and the session clock. */
export const sessionRules: readonly RuleCase[] = [
  {
    title: 'takes operations as JSON by POST, and nothing else (NET-1)',
    async run(server) {
      const { name: operationName, document: query } = playheadQuery;
      const variables = { playableId: server.newTitle() };
      const body = JSON.stringify({ operationName, query, variables });
      const authorization = `Bearer ${server.address.token}`;
      const json = await server.post(body, { 'content-type': 'application/json', authorization });
      expectThat(json.data !== null, 'data for a JSON body', json);
      const text = await server.post(body, { 'content-type': 'text/plain', authorization });
      expectThat(text.status === 415, 'status 415 for text/plain', text.status);
    },
  },
  {
    title: 'refuses a mutation without an access token, UNAUTHENTICATED (NET-2)',
    async run(server) {
      const { playableId, deviceId } = server.device();
      const input = { playableId, deviceId, sessionId: deviceId, deviceKind: 'TV', elapsedMs: 0 };
      const { errors, data } = await server.ask(beginSessionMutation, { input }, null);
      expectFields(errors[0]?.extensions, { code: 'UNAUTHENTICATED' });
      expectThat(!data?.beginSession, 'nothing begun', data);
    },
  },
  {
    title: 'serves subscriptions as an event stream on the same endpoint (NET-5)',
    async run(server) {
      const followed = await server.follow(server.newTitle());
      followed.close();
    },
  },
  {
    title: 'refuses a body over 256 KiB with 413 (LIM-1)',
    async run(server) {
      const body = JSON.stringify({ query: `{ viewer { id } } #${'x'.repeat(bodyBytesTooMany)}` });
      const { status } = await server.post(body, { 'content-type': 'application/json' });
      expectThat(status === 413, 'status 413', status);
    },
  },
  {
    title: 'refuses a session token with any change, SESSION_INVALID (SES-3)',
    async run(server) {
      const device = server.device();
      await device.begin();
      const good = device.session;
      const middle = Math.floor(good.length / 2);
      const other = good[middle] === 'A' ? 'B' : 'A';
      device.session = good.slice(0, middle) + other + good.slice(middle + 1);
      expectRefused(await device.report('START', 0), 'SESSION_INVALID');
      device.session = good;
      expectFields(await device.report('PLAY', 0), { outcome: 'ACCEPTED' });
    },
  },
  {
    title: 'refuses a session of another profile, SESSION_INVALID (SES-4)',
    needsOtherProfile: true,
    async run(server) {
      const device = server.device();
      await device.begin();
      const input = { session: device.session, heartbeats: [device.observe('START', 0)] };
      const { otherToken } = server.address;
      const { data } = await server.ask(recordHeartbeatsMutation, { input }, otherToken ?? null);
      expectRefused(data.recordHeartbeats, 'SESSION_INVALID');
    },
  },
  {
    title: 'stores nothing when a session begins, and begins it again alike (SES-9)',
    async run(server) {
      const device = server.device();
      const first = await device.begin();
      const again = await device.ask({ durationMs: 7_200_000, elapsedMs: 1 });
      const began = (begun: object) => expectFields(begun, { stale: false, problems: [] });
      began(first);
      began(again);
      expectFields(await server.playhead(device.playableId), {
        status: 'NOT_STARTED',
        activeSession: null,
      });
      device.session = again.session ?? '';
      expectFields(await device.report('START', 0), { outcome: 'ACCEPTED' });
    },
  },
  {
    title: 'refuses ids that are not 1 to 64 of [A-Za-z0-9_-], INVALID_INPUT (SES-11)',
    async run(server) {
      for (const deviceId of ['', 'a b', 'a/b', 'x'.repeat(65)]) {
        const begun = await server.device().ask({ deviceId, sessionId: 'session' });
        expectFields(begun, { session: null });
        expectFields(begun.problems[0], { code: 'INVALID_INPUT', path: ['deviceId'] });
      }
    },
  },
  {
    title: 'keeps the version of a retry (CLK-3)',
    async run(server) {
      const device = server.device();
      await device.begin();
      const heartbeat = device.observe('START', 1_000);
      const first = await device.send(heartbeat);
      const again = await device.send(heartbeat);
      expectFields(again.playhead, { version: first.playhead?.version, positionMs: 1_000 });
    },
  },
  {
    title: 'refuses a session clock that is ahead by more than 6 s, and never clamps it (CLK-4)',
    async run(server) {
      const device = server.device();
      await device.begin();
      expectRefused(await device.report('START', 500, { elapsedMs: 60_000 }), 'SESSION_INVALID');
      expectFields(await server.playhead(device.playableId), { status: 'NOT_STARTED' });
    },
  },
  {
    title: 'refuses a heartbeat that is older than 30 days, HEARTBEAT_TOO_OLD (CLK-5)',
    async run(server) {
      const device = server.device();
      await device.begin({ elapsedMs: 31 * dayMs });
      const refused = await device.report('START', 500, { elapsedMs: 0 });
      expectRefused(refused, 'HEARTBEAT_TOO_OLD');
      const taken = await device.report('HEARTBEAT', 900, { elapsedMs: 2 * dayMs });
      expectFields(taken, { outcome: 'ACCEPTED' });
    },
  },
  {
    title: 'puts what a session does after what its player started from (CLK-7)',
    async run(server) {
      const first = server.device();
      const seen = await first.play(300_000);
      const next = server.device(first.playableId);
      // The answer of the server was fast, and its clocks are two seconds apart: what was seen is ahead.
      await next.begin({ elapsedMs: 1_500, basedOn: seen.playhead?.version ?? '' });
      const recorded = await next.report('START', 300_000, { elapsedMs: 0 });
      expectFields(recorded, { outcome: 'ACCEPTED' });
    },
  },
  {
    title: 'lets what was watched offline count from when it was watched (CLK-8)',
    async run(server) {
      const online = server.device();
      await online.play(600_000);
      const offline = server.device(online.playableId);
      await offline.begin({ elapsedMs: 2 * hourMs });
      const late = await offline.report('START', 30_000, { elapsedMs: 1_000 });
      expectFields(late, { outcome: 'SUPERSEDED' });
      expectFields(late.playhead, { positionMs: 600_000 });
    },
  },
];
