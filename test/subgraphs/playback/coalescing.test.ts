import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../../support/seeds.ts';
import { defaultPolicy } from '../../../domain/policy.ts';
import type { Presence } from '../../../domain/presence.ts';
import { type Version, versionFloor } from '../../../domain/version.ts';
import { type AcceptedChange, offsetAt } from '../../../stores/accepted-stream.ts';
import { openEmbeddedHotStore } from '../../../stores/embedded/hot.ts';
import { openEmbeddedEventStream } from '../../../stores/embedded/stream.ts';
import { coalesced, fencesOf } from '../../../subgraphs/playback/coalesce.ts';
import { read } from '../../contract/hot-subject.ts';
import {
  forgottenAt,
  hiddenAt,
  msAt,
  nothing,
  phone,
  playheadAt,
  shownAt,
  tv,
} from '../../contract/writes.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const profiles = ['demo', 'guest', 'kids'];
const titles = ['sintel', 'charge'];
const seconds = fc.integer({ min: 1, max: 12 });
const titlesDrawn = fc.constantFrom(...titles);

const writes = fc
  .record({ second: seconds, title: titlesDrawn, what: fc.nat({ max: 9 }) })
  .map(({ second, title, what }) => {
    if (what === 0) return { title: '*', playhead: forgottenAt(second), visibility: null };
    if (what === 1) return { title, playhead: forgottenAt(second), visibility: null };
    if (what === 2) return { ...nothing, title, visibility: hiddenAt(second) };
    return { title, playhead: playheadAt(second), visibility: what < 5 ? shownAt(second) : null };
  });

const takenOver = fc.record({
  sessionId: fc.constantFrom('phone-1', 'tablet-1'),
  device: fc.constant(phone),
  at: seconds.map((second): Version => versionFloor(msAt(second))),
});

const sessions: fc.Arbitrary<Presence> = fc
  .record({
    sessionId: fc.constantFrom('evening', 'morning'),
    title: titlesDrawn,
    sequence: seconds,
    acted: fc.option(seconds),
    takenOver: fc.option(takenOver),
  })
  .map(({ sequence, acted, ...rest }) => ({
    ...{ ...rest, sequence, device: tv, playerState: 'PLAYING', pausedSinceMs: null },
    ...{ positionMs: 1_000 * sequence, startedAtMs: msAt(0), lastHeartbeatAtMs: msAt(sequence) },
    ...{ intervalMs: 5_000, actedAt: acted === null ? null : versionFloor(msAt(acted)) },
  }));

/** Fences are far between: most batches have none. */
const changes: fc.Arbitrary<AcceptedChange> = fc.record({
  profileId: fc.constantFrom(...profiles),
  writes: fc.uniqueArray(writes, { maxLength: 2, selector: ({ title }) => title }),
  devices: fc.constantFrom([], [tv], [tv, phone]),
  sessions: fc.uniqueArray(sessions, { maxLength: 2, selector: ({ sessionId }) => sessionId }),
  fence: fc.constant(null),
});

/** Takes batches in, one after the other, into a store with something in it; answers all it holds. */
async function heldAfter(had: readonly AcceptedChange[], batches: readonly AcceptedChange[][]) {
  const clock = new ManualClock();
  const events = openEmbeddedEventStream({ path: ':memory:', partitions: 1, clock });
  const hot = openEmbeddedHotStore({ policy: defaultPolicy, partitions: 1, events });
  let from: { offset: string; isSeen: boolean } | null = null;
  for (const [index, batch] of [[...had], ...batches].entries()) {
    const upTo = { offset: offsetAt(index), isSeen: true };
    const of = { partition: 0, region: 'eu', after: from, upTo, nowMs: clock.nowMs() };
    await hot.takeIn({ ...of, changes: batch });
    from = upTo;
  }
  const held = [];
  for (const profileId of profiles) {
    const { titles: states, floor, devices, sessions: known } = await read(hot, { profileId });
    const byId = [...known].sort((left, right) => (left.sessionId < right.sessionId ? -1 : 1));
    held.push({ states, floor, devices, sessions: byId });
  }
  await hot.close();
  await events.close();
  return held;
}

describe('a batch of what another region accepted', () => {
  it('taken in as what it comes to leaves what its entries leave one by one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(changes, { maxLength: 6 }),
        fc.array(changes, { maxLength: 20 }),
        async (had, batch) => {
          const oneByOne = await heldAfter(
            had,
            batch.map((change) => [change]),
          );
          expect(await heldAfter(had, [coalesced(batch)])).toEqual(oneByOne);
        },
      ),
    );
  });

  it('comes to one change of a profile that moves on and on', () => {
    const beat = (second: number): AcceptedChange => ({
      ...{ profileId: 'demo', devices: [tv], sessions: [], fence: null },
      writes: [{ title: 'sintel', playhead: playheadAt(second), visibility: null }],
    });
    const batch = Array.from({ length: 100 }, (_, second) => beat(second));
    expect(coalesced(batch)).toEqual([beat(99)]);
  });

  it('names the fence of each profile that reaches furthest', () => {
    const fenced = (profileId: string, second: number): AcceptedChange => ({
      ...{ profileId, writes: [], devices: [], sessions: [], fence: versionFloor(msAt(second)) },
    });
    const batch = [fenced('demo', 2), fenced('demo', 3), fenced('demo', 1), fenced('guest', 1)];
    expect(fencesOf(batch)).toEqual(
      new Map([
        ['demo', versionFloor(msAt(3))],
        ['guest', versionFloor(msAt(1))],
      ]),
    );
  });
});
