import fc from 'fast-check';
import './seeds.ts';
import type { Heartbeat, PlaybackEvent } from '../../domain/heartbeat.ts';
import type { PlayheadRegister, TitleState, VisibilityRegister } from '../../domain/playhead.ts';
import type { SessionToken } from '../../domain/session-token.ts';
import { deviceHash, sessionVersion, type Version } from '../../domain/version.ts';

const idCharacters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-';

/** The latest time that packed values and versions must hold: 2100-01-01. */
export const timeMsMax = Date.UTC(2100, 0, 1);
/** Positions and durations are GraphQL Ints. */
export const positionMsMax = 2 ** 31 - 1;

/** Ids as every store takes them. */
export const ids = fc.string({
  unit: fc.constantFrom(...idCharacters),
  minLength: 1,
  maxLength: 64,
});
export const timesMs = fc.integer({ min: 0, max: timeMsMax });
/** Times of which many fall into the same millisecond, or next to one another. */
export const denseTimesMs = fc.integer({ min: 1_790_000_000_000, max: 1_790_000_000_004 });
export const positionsMs = fc.nat({ max: positionMsMax });
export const durationsMs = fc.option(fc.integer({ min: 1, max: positionMsMax }));
/** Fields of releases that are yet to come, as they stand behind today's. */
export const laterFields = fc.oneof(
  fc.constant(''),
  fc.array(fc.stringMatching(/^[a-z0-9.]{0,6}$/), { minLength: 1, maxLength: 3 }).map((fields) => {
    return fields.map((field) => `.${field}`).join('');
  }),
);

export const events: fc.Arbitrary<PlaybackEvent> = fc.constantFrom(
  'START',
  'HEARTBEAT',
  'PLAY',
  'PAUSE',
  'SEEK',
  'BUFFER',
  'STOP',
  'FINISH',
  'PING',
);

/** Versions of sessions at `times`. */
export function versionsAt(times: fc.Arbitrary<number>): fc.Arbitrary<Version> {
  return fc
    .record({ activityAtMs: times, deviceId: ids, sessionId: ids })
    .map((write) => sessionVersion(write));
}

export const versions = versionsAt(timesMs);

const writtenPlayhead = {
  status: fc.constantFrom('NOT_STARTED', 'IN_PROGRESS', 'FINISHED'),
  positionMs: positionsMs,
  durationMs: durationsMs,
  deviceHash: fc.option(ids.map(deviceHash)),
  laterFields,
} as const;

export function playheadsOf(of: fc.Arbitrary<Version>): fc.Arbitrary<PlayheadRegister> {
  return fc.record({ version: of, ...writtenPlayhead });
}

export function visibilitiesOf(of: fc.Arbitrary<Version>): fc.Arbitrary<VisibilityRegister> {
  return fc.record({ version: of, hidden: fc.boolean(), laterFields });
}

/** Both registers of a title, each of which may never have been written. */
export function statesOf(of: fc.Arbitrary<Version>): fc.Arbitrary<TitleState> {
  return fc.record({
    playhead: fc.option(playheadsOf(of)),
    visibility: fc.option(visibilitiesOf(of)),
  });
}

/** Versions of which several writes share one: what a hash collision would look like. */
export const collidingVersions = fc.constantFrom(
  '179000000000000000000001',
  '1790000000000001deadbeef',
  '1790000000000001deadbef0',
);

const reals = fc.double({ min: 0, max: 10 * 3_600_000, noNaN: true });

/** A heartbeat that every check lets pass, in a session of any length. */
export const heartbeats: fc.Arbitrary<Heartbeat> = fc
  .record({
    sequence: fc.nat({ max: 1_000_000 }),
    event: events,
    elapsedMs: reals,
    positionMs: positionsMs,
    durationMs: fc.constant(null),
    fromPositionMs: fc.option(positionsMs),
  })
  .chain((heartbeat) =>
    fc
      .option(fc.integer({ min: Math.max(1, heartbeat.positionMs), max: positionMsMax }))
      .map((durationMs) => ({
        ...heartbeat,
        durationMs,
        fromPositionMs: durationMs === null ? heartbeat.fromPositionMs : null,
      })),
  );

/** Heartbeats of one session in the order in which its player made them. */
export function batchesOf(length: { min: number; max: number }): fc.Arbitrary<Heartbeat[]> {
  return fc
    .array(fc.tuple(heartbeats, fc.nat({ max: 3 }), fc.nat({ max: 10_000 })), {
      minLength: length.min,
      maxLength: length.max,
    })
    .map((drawn) => {
      let sequence = -1;
      let elapsedMs = 0;
      return drawn.map(([heartbeat, skipped, pauseMs]) => {
        sequence += 1 + skipped;
        elapsedMs += 1 + skipped + pauseMs;
        return { ...heartbeat, sequence, elapsedMs };
      });
    });
}

/** Session tokens, of a player that may or may not know the title's length and credits. */
export const tokens: fc.Arbitrary<SessionToken> = fc.record({
  profileId: ids,
  title: ids,
  deviceId: ids,
  deviceKind: fc.constantFrom('TV', 'PHONE', 'TABLET', 'WEB', 'DESKTOP', 'CONSOLE', 'OTHER'),
  deviceName: fc.option(fc.string({ unit: 'grapheme', maxLength: 64 })),
  sessionId: ids,
  anchorMs: timesMs,
  issuedAtMs: timesMs,
  startedFrom: fc.option(versions),
  isStale: fc.boolean(),
  durationMs: durationsMs,
  creditsStartMs: fc.option(positionsMs),
});
