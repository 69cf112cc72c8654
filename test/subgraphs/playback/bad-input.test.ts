import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  dayMs,
  filmMs,
  type HeartbeatInput,
  hourMs,
  minuteMs,
  openTestPlayback,
  secondMs,
  sharePlayback,
  type TestDevice,
} from '../../support/playback.ts';

const playback = sharePlayback({ writeBehindMs: 300_000 });
let tv: TestDevice;

beforeEach(async () => {
  tv = playback.device({ id: 'tv', kind: 'TV' });
  await tv.begin();
  await playback.clock.advance(hourMs);
});
afterEach(async () => {
  expect((await tv.report('PAUSE', minuteMs)).outcome).toBe('ACCEPTED');
});

async function expectNothingStored(): Promise<void> {
  expect(await playback.playhead()).toMatchObject({ status: 'NOT_STARTED', hidden: false });
  const { viewer } = await playback.data('{ viewer { history { edges { cursor } } } }');
  expect(viewer.history.edges).toEqual([]);
  expect(await playback.told()).toEqual([]);
}

const tooLongId = 'a'.repeat(65);
const badIds = [
  '',
  tooLongId,
  'a/b',
  'a|b',
  'a:b',
  'a b',
  'a.b',
  '*',
  '#h',
  'ä',
  'a\n',
  '{a}',
  '\0',
];
/** A heartbeat in order, an hour into the session. */
const good: HeartbeatInput = {
  sequence: 1,
  event: 'HEARTBEAT',
  elapsedMs: hourMs,
  positionMs: minuteMs,
};

describe('a heartbeat', () => {
  const aheadMs = hourMs + 6 * secondMs;
  it.each<[string, Partial<HeartbeatInput>, string, string]>([
    ['before the start', { positionMs: -1 }, 'POSITION_OUT_OF_RANGE', 'positionMs'],
    ['absurdly negative', { positionMs: -(2 ** 31) }, 'POSITION_OUT_OF_RANGE', 'positionMs'],
    ['absurdly far', { positionMs: 2 ** 31 - 1 }, 'POSITION_OUT_OF_RANGE', 'positionMs'],
    ['behind the end', { positionMs: filmMs + 5_001 }, 'POSITION_OUT_OF_RANGE', 'positionMs'],
    [
      'behind the end that it names',
      { durationMs: minuteMs, positionMs: minuteMs + 5_001 },
      'POSITION_OUT_OF_RANGE',
      'positionMs',
    ],
    ['a seek from nowhere', { fromPositionMs: -1 }, 'POSITION_OUT_OF_RANGE', 'fromPositionMs'],
    ['no length', { durationMs: 0 }, 'INVALID_INPUT', 'durationMs'],
    ['a negative length', { durationMs: -1 }, 'INVALID_INPUT', 'durationMs'],
    ['a negative sequence', { sequence: -1 }, 'INVALID_INPUT', 'sequence'],
    ['before its session', { elapsedMs: -1 }, 'INVALID_INPUT', 'elapsedMs'],
    ['7 s ahead', { elapsedMs: aheadMs + 1 }, 'SESSION_INVALID', 'elapsedMs'],
    ['an hour ahead', { elapsedMs: 2 * hourMs }, 'SESSION_INVALID', 'elapsedMs'],
    ['at the end of time', { elapsedMs: Number.MAX_VALUE }, 'SESSION_INVALID', 'elapsedMs'],
  ])('%s (%j) is refused with %s', async (_what, wrong, ...[code, field]) => {
    expect(await tv.send({ ...good, ...wrong })).toMatchObject({
      outcome: 'REFUSED',
      playhead: null,
      durability: 'NONE',
      problems: [{ code, path: ['heartbeats', '0', field], message: expect.any(String) }],
    });
    await expectNothingStored();
  });

  it.each<[string, Partial<HeartbeatInput>]>([
    ['at the start', { positionMs: 0 }],
    ['at the last position players report', { positionMs: filmMs + 5_000 }],
    ['just before it', { positionMs: filmMs + 4_999 }],
    ['6 s ahead', { elapsedMs: aheadMs }],
    ['just before that', { elapsedMs: aheadMs - 1 }],
    ['with a clock that has fractions', { elapsedMs: hourMs + 0.75 }],
    ['at the start of its session', { elapsedMs: 0 }],
    ['numbered 0', { sequence: 0 }],
    ['of a title one millisecond long', { durationMs: 1, positionMs: 1 }],
    ['without a length', { durationMs: null }],
    ['with a seek from the very start', { event: 'SEEK', fromPositionMs: 0 }],
  ])('%s (%j) is accepted', async (_what, right) => {
    const { problems, outcome } = await tv.send({ ...good, ...right });
    expect({ problems, outcome }).toEqual({ problems: [], outcome: 'ACCEPTED' });
    // Whatever its version: the closing heartbeat of each test must be newer.
    await playback.clock.advance(minuteMs);
  });

  it('is refused for being too old from 30 days on', async () => {
    const old = await openTestPlayback({ writeBehindMs: 300_000 });
    try {
      const device = old.device();
      await device.begin({ elapsedMs: 30 * dayMs + secondMs });
      const at = (elapsedMs: number) => device.send({ ...good, elapsedMs });
      expect(await at(secondMs - 1)).toMatchObject({
        outcome: 'REFUSED',
        problems: [{ code: 'HEARTBEAT_TOO_OLD', path: ['heartbeats', '0', 'elapsedMs'] }],
      });
      expect((await at(secondMs)).outcome).toBe('ACCEPTED');
      expect((await at(secondMs + 1)).outcome).toBe('ACCEPTED');
    } finally {
      await old.close();
    }
  });

  it('never takes its good neighbours along', async () => {
    const recorded = await tv.send(
      { ...good, sequence: 1, elapsedMs: 1_000, positionMs: -1 },
      { ...good, sequence: 2, elapsedMs: 2_000, positionMs: 2_000 },
      { ...good, sequence: 3, elapsedMs: 3_000, durationMs: 0 },
    );
    expect(recorded).toMatchObject({
      outcome: 'ACCEPTED',
      playhead: { positionMs: 2_000 },
      problems: [
        { code: 'POSITION_OUT_OF_RANGE', path: ['heartbeats', '0', 'positionMs'] },
        { code: 'INVALID_INPUT', path: ['heartbeats', '2', 'durationMs'] },
      ],
    });
  });
});

describe('a batch', () => {
  const batchOf = (length: number) =>
    Array.from({ length }, (_, sequence) => ({ ...good, sequence, elapsedMs: sequence }));

  it.each([
    [0, 'INVALID_INPUT'],
    [101, 'TOO_MANY_HEARTBEATS'],
    [1_000, 'TOO_MANY_HEARTBEATS'],
  ])('of %i is refused whole with %s', async (length, code) => {
    expect(await tv.send(...batchOf(length))).toMatchObject({
      outcome: 'REFUSED',
      durability: 'NONE',
      problems: [{ code, path: ['heartbeats'] }],
    });
    await expectNothingStored();
  });

  it.each([1, 99, 100])('of %i is accepted', async (length) => {
    expect(await tv.send(...batchOf(length))).toMatchObject({ outcome: 'ACCEPTED', problems: [] });
  });

  it.each<[string, Partial<HeartbeatInput>, string]>([
    ['the same sequence twice', { sequence: 5, elapsedMs: 11 }, 'sequence'],
    ['a sequence that goes back', { sequence: 4, elapsedMs: 11 }, 'sequence'],
    ['a clock that goes back', { sequence: 6, elapsedMs: 9 }, 'elapsedMs'],
    ['a clock that stands still', { sequence: 6, elapsedMs: 10.9 }, 'elapsedMs'],
    ['a clock too slow for what was left out', { sequence: 8, elapsedMs: 12 }, 'elapsedMs'],
  ])('with %s is refused whole', async (_what, second, field) => {
    const first = { ...good, sequence: 5, elapsedMs: 10 };
    expect(await tv.send(first, { ...good, ...second })).toMatchObject({
      outcome: 'REFUSED',
      problems: [{ code: 'OUT_OF_ORDER', path: ['heartbeats', '1', field] }],
    });
    await expectNothingStored();
  });

  it('may leave sequences out as long as its clock has a millisecond for each', async () => {
    const batch = [
      { ...good, sequence: 5, elapsedMs: 10 },
      { ...good, sequence: 8, elapsedMs: 13 },
    ];
    expect(await tv.send(...batch)).toMatchObject({ outcome: 'ACCEPTED', problems: [] });
  });
});

describe('beginSession', () => {
  const limitMs = 60 * dayMs;
  it.each<[string, Record<string, unknown>]>([
    ...['playableId', 'sessionId', 'deviceId'].flatMap((field) =>
      badIds.map((id): [string, Record<string, unknown>] => [field, { [field]: id }]),
    ),
    ['deviceName', { deviceName: 'n'.repeat(65) }],
    ['basedOn', { basedOn: '' }],
    ['basedOn', { basedOn: 'yesterday' }],
    ['basedOn', { basedOn: '0'.repeat(25) }],
    ['basedOn', { basedOn: `${'0'.repeat(23)}F` }],
    ['elapsedMs', { elapsedMs: -1 }],
    ['elapsedMs', { elapsedMs: limitMs + 1 }],
    ['durationMs', { durationMs: 0 }],
    ['durationMs', { durationMs: -1 }],
    ['creditsStartMs', { creditsStartMs: 0 }],
    ['creditsStartMs', { creditsStartMs: -1 }],
    ['creditsStartMs', { creditsStartMs: filmMs + 1 }],
  ])('names %s in %j', async (field, wrong) => {
    const other = playback.device({ id: 'phone' });
    expect(await other.begin(wrong)).toMatchObject({
      session: null,
      playhead: null,
      stale: false,
      problems: [{ code: 'INVALID_INPUT', path: [field] }],
    });
    await expectNothingStored();
  });

  it('names everything that is wrong at once', async () => {
    const { problems } = await tv.begin({ playableId: '', deviceId: 'a/b', durationMs: 0 });
    expect(problems.map(({ path }) => path)).toEqual([
      ['playableId'],
      ['deviceId'],
      ['durationMs'],
    ]);
    await tv.begin();
  });

  it.each<Record<string, unknown>>([
    { playableId: 'a'.repeat(64) },
    { playableId: 'A-Z_0-9' },
    { playableId: 'no-catalog-knows-this' },
    { deviceName: 'n'.repeat(64) },
    { deviceName: 'Wohnzimmer 📺 «groß»' },
    { basedOn: '0'.repeat(24) },
    { elapsedMs: limitMs },
    { elapsedMs: 0.5 },
    { durationMs: 1, creditsStartMs: 1 },
    { durationMs: null, creditsStartMs: 1 },
    { creditsStartMs: filmMs },
  ])('takes %j', async (right) => {
    const begun = await playback.device({ id: 'phone' }).begin(right);
    expect(begun).toMatchObject({ session: expect.any(String), problems: [] });
  });
});

describe('a change by hand', () => {
  it.each([
    'finishPlayhead',
    'restartPlayhead',
    'hidePlayhead',
    'unhidePlayhead',
    'forgetPlayhead',
  ] as const)('%s names what is wrong with its input', async (field) => {
    for (const playableId of badIds) {
      expect(await playback.change(field, { playableId })).toMatchObject({
        playhead: null,
        problems: [{ code: 'INVALID_INPUT', path: ['playableId'] }],
      });
    }
    expect(await playback.change(field, { playableId: '', basedOn: 'x' })).toMatchObject({
      problems: [{ path: ['playableId'] }, { path: ['basedOn'] }],
    });
    await expectNothingStored();
  });
});
