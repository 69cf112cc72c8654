import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { floorTitle } from '../../domain/playhead.ts';
import { defaultPolicy } from '../../domain/policy.ts';
import { intervalIn, mergePresence, type Presence } from '../../domain/presence.ts';
import { partitionOf, versionFloor } from '../../domain/version.ts';
import { until } from '../support/until.ts';
import { type OpenHotStore, profileElsewhere, put, read } from './hot-subject.ts';
import { changeOf, elsewhere, ownRegion, pointAt, takeIn } from './other-region.ts';
import { eachTime } from './subject.ts';
import { beatOf, forgottenAt, msAt, phone, playheadAt, shownAt, tv, versionAt } from './writes.ts';

/** Sessions remembered of one profile. */
const sessionsMax = 20;

/** A television that played its fifth second when it was last heard of. */
function presenceOf(parts: Partial<Presence>): Presence {
  const playerState = parts.playerState ?? 'PLAYING';
  return {
    sessionId: 'on-tv',
    title: 'sintel',
    device: tv,
    playerState,
    positionMs: 5_000,
    startedAtMs: msAt(0),
    lastHeartbeatAtMs: msAt(5),
    intervalMs: intervalIn(playerState, defaultPolicy),
    pausedSinceMs: playerState === 'PAUSED' ? msAt(5) : null,
    sequence: 5,
    actedAt: null,
    takenOver: null,
    ...parts,
  };
}

export function describeSessionsElsewhere(open: OpenHotStore): void {
  describe('a session that another region knows', () => {
    describeMerged(open);
    describeForgotten(open);
  });
  describe('a listener, of what another region accepted,', () => {
    describeTold(open);
  });
}

function describeMerged(open: OpenHotStore): void {
  const subject = eachTime(() => open(ownRegion));
  const sessions = async () => (await read(subject().hot)).sessions;

  it('is known here as it is known there', async () => {
    const takenOver = { sessionId: 'on-phone', device: phone, at: versionAt(4) };
    const known = [
      presenceOf({ actedAt: versionAt(3), takenOver }),
      presenceOf({ sessionId: 'on-phone', device: phone, playerState: 'PAUSED' }),
    ];
    await takeIn(subject().hot, { sessions: known });
    expect(new Set(await sessions())).toEqual(new Set(known));
  });

  it('goes on here from where it was there', async () => {
    const { hot } = subject();
    const paused = {
      playerState: 'PAUSED',
      pausedSinceMs: msAt(2),
      actedAt: versionAt(2),
    } as const;
    await takeIn(hot, { sessions: [presenceOf({ ...paused, sessionId: 'evening' })] });
    await hot.merge(beatOf({ atMs: msAt(65), sequence: 65, event: 'PING', acts: 'NEVER' }));
    expect(await sessions()).toMatchObject([
      { sequence: 65, pausedSinceMs: msAt(2), actedAt: versionAt(2) },
    ]);
    await hot.merge(beatOf({ atMs: msAt(4), sequence: 4 }));
    expect(await sessions()).toMatchObject([{ sequence: 65 }]);
  });

  it('is overtaken here once it was taken over there', async () => {
    const { hot } = subject();
    for (const second of [1, 2, 3]) {
      await hot.merge(beatOf({ atMs: msAt(second), sequence: second }));
    }
    const takenOver = { sessionId: 'on-phone', device: phone, at: versionAt(10, phone) };
    const [here] = await sessions();
    await takeIn(hot, { sessions: [{ ...(here as Presence), takenOver }] });
    const next = await hot.merge(beatOf({ atMs: msAt(12), sequence: 12 }));
    expect(next).toMatchObject({ kind: 'merged', isHeld: true });
    const act = beatOf({ atMs: msAt(15), sequence: 15, event: 'PLAY', acts: 'NOW' });
    expect(await hot.merge(act)).toMatchObject({ isHeld: false });
  });

  it('comes to what the domain says, whichever is known first, and however often', async () => {
    const { hot } = subject();
    let profiles = 0;
    await fc.assert(
      fc.asyncProperty(presences, presences, async (one, other) => {
        const both = mergePresence(one, other);
        for (const known of [
          [one, other, one],
          [other, one, other],
        ]) {
          profiles += 1;
          const profileId = `profile-${profiles}`;
          for (const presence of known) await takeIn(hot, { profileId, sessions: [presence] });
          expect((await read(hot, { profileId })).sessions).toEqual([both]);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('gives way when a profile has more of them than anybody has screens', async () => {
    const { hot } = subject();
    const ids = Array.from({ length: 2 * sessionsMax }, (_, index) => `screen-${index}`);
    for (const [index, sessionId] of ids.entries()) {
      await takeIn(hot, {
        sessions: [presenceOf({ sessionId, lastHeartbeatAtMs: msAt(index), sequence: index })],
      });
    }
    const left = new Set((await sessions()).map(({ sessionId }) => sessionId));
    expect(left).toEqual(new Set(ids.slice(-sessionsMax)));
  });
}

/** One session as some region may know it: reports of one number are the same report. */
const presences: fc.Arbitrary<Presence> = fc
  .record({
    sequence: fc.nat({ max: 3 }),
    lateMs: fc.nat({ max: 2 }),
    pausedSince: fc.nat({ max: 3 }),
    actedAt: fc.option(fc.nat({ max: 3 }).map((second) => versionAt(second))),
    takenOver: fc.option(
      fc.nat({ max: 2 }).map((second) => ({
        sessionId: 'on-phone',
        device: phone,
        at: versionAt(second, phone),
      })),
    ),
  })
  .map(({ sequence, lateMs, pausedSince, actedAt, takenOver }) => {
    const playerState = (['PLAYING', 'PAUSED', 'BUFFERING', 'STOPPED'] as const)[sequence % 4];
    const at = { sequence, positionMs: sequence, lastHeartbeatAtMs: msAt(sequence) + lateMs };
    const title = sequence > 1 ? 'spring' : 'sintel';
    const named = { device: sequence > 2 ? { ...tv, name: null } : tv };
    const pausedSinceMs = playerState === 'PAUSED' ? msAt(pausedSince) : null;
    return presenceOf({
      ...{ ...at, ...named, title, actedAt, takenOver, pausedSinceMs },
      ...(playerState && { playerState }),
    });
  });

function describeForgotten(open: OpenHotStore): void {
  const subject = eachTime(() => open(ownRegion));
  const left = async () => (await read(subject().hot)).sessions.map(({ sessionId }) => sessionId);
  const onSpring = presenceOf({ sessionId: 'on-phone', title: 'spring', device: phone });
  const forget = (title: string, second = 9) => ({
    writes: [{ title, playhead: forgottenAt(second), visibility: null }],
  });

  it('is forgotten here with its title', async () => {
    const { hot } = subject();
    await takeIn(hot, { sessions: [presenceOf({}), onSpring] });
    await takeIn(hot, forget('sintel'));
    expect(await left()).toEqual(['on-phone']);
  });

  it('is forgotten with all titles', async () => {
    const { hot } = subject();
    await hot.merge(beatOf({ atMs: msAt(5), sequence: 5 }));
    await takeIn(hot, { sessions: [presenceOf({}), onSpring] });
    await takeIn(hot, forget(floorTitle));
    expect(await left()).toEqual([]);
  });

  it('stays when what is forgotten was played since', async () => {
    const { hot } = subject();
    await put(hot, { playhead: playheadAt(30) });
    await takeIn(hot, { sessions: [presenceOf({}), onSpring] });
    await takeIn(hot, forget('sintel', 9));
    expect((await left()).sort()).toEqual(['on-phone', 'on-tv']);
  });

  it('is known again when it is heard of again, also if that is told twice', async () => {
    const { hot } = subject();
    await takeIn(hot, { sessions: [presenceOf({})] }, forget('sintel'));
    const again = presenceOf({ sequence: 12, lastHeartbeatAtMs: msAt(12) });
    await takeIn(hot, { sessions: [again] });
    await takeIn(hot, forget('sintel'));
    expect(await left()).toEqual(['on-tv']);
  });

  it('is turned back at the fence of the profile, unless it was heard of since', async () => {
    const { hot } = subject();
    await hot.erase({ profileId: 'demo', fence: versionFloor(msAt(20)), nowMs: msAt(10) });
    await takeIn(hot, {
      sessions: [
        presenceOf({ lastHeartbeatAtMs: msAt(20) }),
        { ...onSpring, lastHeartbeatAtMs: msAt(21) },
      ],
    });
    expect(await left()).toEqual(['on-phone']);
  });
}

function describeTold(open: OpenHotStore): void {
  const subject = eachTime(() => open(ownRegion));
  let lastSecond = 1_000;
  /** The titles that a listener of `demo` is told while `act` runs. */
  const toldDuring = async (act: () => Promise<unknown>): Promise<Set<string>> => {
    const { hot } = subject();
    const told: string[] = [];
    const stop = await hot.onChanged('demo', (titles) => told.push(...titles));
    await act();
    lastSecond += 1;
    await put(hot, { title: 'the-end', playhead: playheadAt(lastSecond) });
    await until(() => told.includes('the-end'), { what: 'the last title is told' });
    await stop();
    return new Set(told.filter((title) => title !== 'the-end'));
  };
  const writes = [
    { title: 'sintel', playhead: playheadAt(5), visibility: null },
    { title: 'spring', playhead: null, visibility: shownAt(5) },
  ];

  it('is told the titles that rose, and nothing of what did not', async () => {
    const { hot } = subject();
    expect(await toldDuring(() => takeIn(hot, { writes }))).toEqual(new Set(['sintel', 'spring']));
    expect(await toldDuring(() => takeIn(hot, { writes }))).toEqual(new Set());
    const floor = { title: floorTitle, playhead: forgottenAt(9), visibility: null };
    expect(await toldDuring(() => takeIn(hot, { writes: [floor] }))).toEqual(new Set([floorTitle]));
  });

  it('is told the titles of sessions that changed', async () => {
    const { hot } = subject();
    const playing = presenceOf({ title: 'spring' });
    const sent = (session: Presence) => toldDuring(() => takeIn(hot, { sessions: [session] }));
    expect(await sent(playing)).toEqual(new Set(['spring']));
    expect(await sent(playing)).toEqual(new Set());
    const paused = presenceOf({ title: 'spring', playerState: 'PAUSED', sequence: 6 });
    expect(await sent(paused)).toEqual(new Set(['spring']));
    const takenOver = { sessionId: 'on-phone', device: phone, at: versionAt(8) };
    expect(await sent({ ...paused, takenOver })).toEqual(new Set(['spring']));
  });

  it('is told of its own profile only, and of nothing that was not taken in', async () => {
    const { hot } = subject();
    const kids = { profileId: 'kids', writes };
    expect(await toldDuring(() => takeIn(hot, kids))).toEqual(new Set());
    const partition = partitionOf('demo', hot.partitions);
    const of = { partition, region: elsewhere, changes: [changeOf({ writes })], nowMs: msAt(0) };
    const elsewhereInIt = { ...of, after: pointAt(99_999), upTo: pointAt(100_000) };
    expect(await toldDuring(() => hot.takeIn(elsewhereInIt))).toEqual(new Set());
  });

  it('is told that anything may have changed when the marks of its partition are raised', async () => {
    const { hot } = subject();
    const partition = partitionOf('demo', hot.partitions);
    const other = partitionOf(profileElsewhere(hot), hot.partitions);
    expect(await toldDuring(() => hot.raiseGeneration(other))).toEqual(new Set());
    expect(await toldDuring(() => hot.raiseGeneration(partition))).toEqual(new Set([floorTitle]));
  });
}
