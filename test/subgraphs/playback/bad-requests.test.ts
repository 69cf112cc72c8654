import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hourMs, minuteMs, sharePlayback, type TestDevice } from '../../support/playback.ts';

const playback = sharePlayback();
let tv: TestDevice;

beforeEach(async () => {
  tv = playback.device({ id: 'tv', kind: 'TV' });
  await tv.begin();
  await playback.clock.advance(hourMs);
});
afterEach(async () => {
  expect((await tv.report('PAUSE', minuteMs)).outcome).toBe('ACCEPTED');
});

const record =
  'mutation ($input: RecordHeartbeatsInput!) { recordHeartbeats(input: $input) { outcome } }';
const begin = 'mutation ($input: BeginSessionInput!) { beginSession(input: $input) { session } }';
const heartbeat = { sequence: 0, event: 'HEARTBEAT', elapsedMs: 0, positionMs: 0 };
const session = { playableId: 'film', sessionId: 'a', deviceId: 'a', deviceKind: 'TV' };

describe('a value of the wrong type', () => {
  it.each<[string, object]>([
    ['a position as text', { ...heartbeat, positionMs: '12' }],
    ['a position with a fraction', { ...heartbeat, positionMs: 0.5 }],
    ['a position that no Int holds', { ...heartbeat, positionMs: 2 ** 31 }],
    ['no position', { ...heartbeat, positionMs: null }],
    ['a clock as text', { ...heartbeat, elapsedMs: '12' }],
    ['an event nobody knows', { ...heartbeat, event: 'REWIND' }],
    ['a field nobody knows', { ...heartbeat, wallClockMs: 0 }],
  ])('in a heartbeat, %s, is BAD_USER_INPUT', async (_what, wrong) => {
    const variables = { input: { session: tv.session, heartbeats: [heartbeat, wrong] } };
    expect(await codesOf(record, variables)).toEqual(['BAD_USER_INPUT']);
    expect((await playback.playhead()).status).toBe('NOT_STARTED');
  });

  it.each<[string, object]>([
    ['no heartbeats', { session: 'x' }],
    ['null among them', { session: 'x', heartbeats: [null] }],
    ['no session', { heartbeats: [heartbeat] }],
    ['a session that is a number', { session: 7, heartbeats: [heartbeat] }],
  ])('in a request, %s, is BAD_USER_INPUT', async (_what, input) => {
    expect(await codesOf(record, { input })).toEqual(['BAD_USER_INPUT']);
  });

  it.each<[string, object]>([
    ['a kind of device of a later release', { ...session, deviceKind: 'VR' }],
    ['no device', { ...session, deviceId: undefined }],
    ['a length that no Int holds', { ...session, durationMs: 2 ** 31 }],
    ['a clock that is none', { ...session, elapsedMs: null }],
  ])('in a session, %s, is BAD_USER_INPUT', async (_what, input) => {
    expect(await codesOf(begin, { input })).toEqual(['BAD_USER_INPUT']);
  });

  it.each([
    ['{ viewer { playhead { id } } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{ viewer { inProgress(first: "a") { edges { cursor } } } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{ viewer { ', 'GRAPHQL_PARSE_FAILED'],
    ['', 'BAD_USER_INPUT'],
  ])('in the document, %j, is %s', async (query, code) => {
    expect(await codesOf(query)).toEqual([code]);
  });
});

describe('an argument out of its range', () => {
  const ids = (count: number) => Array.from({ length: count }, (_, index) => `film-${index}`);
  it.each<[string, string, Record<string, unknown>]>([
    [
      'playableId',
      'query ($v: ID!) { viewer { field: playhead(playableId: $v) { id } } }',
      { v: 'a/b' },
    ],
    [
      'playableId',
      'query ($v: ID!) { viewer { field: playhead(playableId: $v) { id } } }',
      { v: '' },
    ],
    [
      'playableIds',
      'query ($v: [ID!]!) { viewer { field: playheads(playableIds: $v) { id } } }',
      { v: [] },
    ],
    [
      'playableIds',
      'query ($v: [ID!]!) { viewer { field: playheads(playableIds: $v) { id } } }',
      { v: ids(101) },
    ],
    [
      'playableIds',
      'query ($v: [ID!]!) { viewer { field: playheads(playableIds: $v) { id } } }',
      { v: ['film', 'a|b'] },
    ],
  ])('is BAD_USER_INPUT and names %s: %s', async (argument, query, variables) => {
    const { data, errors } = await playback.ask(query, variables);
    expect(data).toEqual({ viewer: { field: null } });
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining(argument),
        path: ['viewer', 'field'],
        extensions: { code: 'BAD_USER_INPUT', retryable: false },
      },
    ]);
  });

  it.each([1, 99, 100])(
    'is not that of a list of %i ids, in the order asked (LIM-3)',
    async (count) => {
      const query =
        'query ($v: [ID!]!) { viewer { playheads(playableIds: $v) { playableId status } } }';
      const asked = ids(count).toReversed();
      const { viewer } = await playback.data(query, { v: asked });
      expect(viewer.playheads).toEqual(
        asked.map((playableId) => ({ playableId, status: 'NOT_STARTED' })),
      );
    },
  );

  it('among good ones, while no store answers, leaves the process up', async () => {
    // Breaks: the input and both stores at once. Holds: one error, and no rejection without a handler.
    const strays: unknown[] = [];
    const note = (reason: unknown) => strays.push(reason);
    process.on('unhandledRejection', note);
    playback.hot.isDown = true;
    playback.durable.isDown = true;
    const codes = await codesOf('{ viewer { playheads(playableIds: ["film", "a|b"]) { id } } }');
    await playback.clock.advance(0);
    process.off('unhandledRejection', note);
    playback.hot.isDown = false;
    playback.durable.isDown = false;
    expect({ codes, strays }).toEqual({ codes: ['BAD_USER_INPUT'], strays: [] });
  });
});

/** Codes of the errors of an answer that has nothing but errors, each without a stack. */
async function codesOf(query: string, variables: object = {}): Promise<unknown[]> {
  const { errors } = await playback.ask(query, variables);
  for (const error of errors) expect(error.extensions).not.toHaveProperty('stacktrace');
  return errors.map(({ extensions }) => extensions?.code);
}
