import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  dayMs,
  filmMs,
  hourMs,
  minuteMs,
  type Playhead,
  type Problem,
  playheadFields,
  secondMs,
  sharePlayback,
  type TestDevice,
} from '../../support/playback.ts';

// "That was not me, that was the children."

const playback = sharePlayback();
let tv: TestDevice;
let phone: TestDevice;
let theirs: TestDevice;
let kids: string;
let teens: string;

beforeEach(() => {
  kids = `${playback.profileId}-kids`;
  teens = `${playback.profileId}-teens`;
  playback.shareAccount(playback.profileId, kids, teens);
  tv = playback.device({ id: 'tv', kind: 'TV', name: 'Living room' });
  phone = playback.device({ id: 'phone', kind: 'PHONE' });
  theirs = playback.device({ id: 'tablet', kind: 'TABLET', profileId: kids });
});

const reassignMutation = `mutation ($input: ReassignSessionInput!) { reassignSession(input: $input) {
  playheads { ${playheadFields} } problems { code message path } } }`;
const undoMutation = `mutation ($input: UndoSessionInput!) { undoSession(input: $input) {
  problems { code path } } }`;
const sessionsQuery = `{ viewer { watchSessions { edges { node { id undoneAt device { name }
  titles { playableId fromPositionMs toPositionMs finished } } } } } }`;

interface Input {
  sessionId?: string;
  playableId?: string;
  profileId?: string;
}

async function reassign(
  input: Input = {},
  profileId?: string,
): Promise<{ playheads: Playhead[]; problems: Problem[] }> {
  const given = { input: { sessionId: tv.sessionId, profileId: kids, ...input } };
  return (await playback.data(reassignMutation, given, profileId)).reassignSession;
}

async function undo(sessionId: string, profileId: string): Promise<Problem[]> {
  return (await playback.data(undoMutation, { input: { sessionId } }, profileId)).undoSession
    .problems;
}

async function sessions(profileId: string) {
  const { viewer } = await playback.data(sessionsQuery, {}, profileId);
  return viewer.watchSessions.edges.map(({ node }: { node: { id: string } }) => node);
}

/** The viewer's ten minutes on the phone, then the children's hour on the same profile. */
async function watchedByTheKids(): Promise<void> {
  await phone.play(0, 10 * minuteMs);
  await playback.clock.advance(minuteMs);
  await tv.play(20 * minuteMs, 20 * secondMs);
  await tv.report('STOP', hourMs);
  await playback.clock.advance(minuteMs);
}

describe('giving a session to another profile', () => {
  it('leaves each profile where it would be had that one watched it (GIVE-1)', async () => {
    await watchedByTheKids();
    const { playheads, problems } = await reassign();
    expect(problems).toEqual([]);
    expect(playheads).toMatchObject([{ positionMs: 10 * minuteMs, device: { id: 'phone' } }]);
    expect(await playback.playhead('film', kids)).toMatchObject({
      ...{ status: 'IN_PROGRESS', positionMs: hourMs, durationMs: filmMs },
      device: { id: 'tv', name: 'Living room' },
    });
    expect(await sessions(kids)).toEqual([
      {
        ...{ id: tv.sessionId, undoneAt: null, device: { name: 'Living room' } },
        titles: [
          {
            ...{ playableId: 'film', finished: false },
            ...{ fromPositionMs: 20 * minuteMs, toPositionMs: hourMs },
          },
        ],
      },
    ]);
    expect(await sessions(playback.profileId)).toMatchObject([
      { id: tv.sessionId, undoneAt: expect.any(String) },
      { id: phone.sessionId, undoneAt: null },
    ]);
  });

  it('takes along where it was to the second, though progress is told every 15 s only', async () => {
    await tv.play(0, 40 * secondMs);
    await playback.clock.advance(minuteMs);
    await reassign();
    expect(await playback.playhead('film', kids)).toMatchObject({ positionMs: 40 * secondMs });
  });

  it('can be given one title of', async () => {
    await tv.begin({ sessionId: 'evening' });
    await tv.report('STOP', hourMs);
    await tv.begin({ sessionId: 'evening', playableId: 'sequel' });
    await tv.report('STOP', minuteMs);
    await reassign({ sessionId: 'evening', playableId: 'sequel' });
    expect(await playback.playhead('film', kids)).toMatchObject({ status: 'NOT_STARTED' });
    expect(await playback.playhead('sequel', kids)).toMatchObject({ positionMs: minuteMs });
    await reassign({ sessionId: 'evening' });
    expect(await playback.playhead('film', kids)).toMatchObject({ positionMs: hourMs });
  });

  it('leaves there what was watched, hidden or forgotten later (GIVE-2)', async () => {
    await watchedByTheKids();
    await tv.begin({ playableId: 'sequel', sessionId: tv.sessionId });
    await tv.report('STOP', minuteMs);
    await playback.clock.advance(secondMs);
    await theirs.play(hourMs + minuteMs, 5 * secondMs);
    await theirs.report('STOP', hourMs + minuteMs);
    await playback.change('forgetPlayhead', { playableId: 'sequel' }, kids);
    await playback.clock.advance(secondMs);
    const before = await playback.playhead('film', kids);
    expect((await reassign()).problems).toEqual([]);
    expect(await playback.playhead('film', kids)).toMatchObject({ version: before.version });
    expect(await playback.playhead('sequel', kids)).toMatchObject({ status: 'NOT_STARTED' });
    expect(await sessions(kids)).toMatchObject([
      { id: theirs.sessionId },
      { id: tv.sessionId, titles: [{ playableId: 'film', toPositionMs: hourMs }] },
    ]);
    expect(await undo(theirs.sessionId, kids)).toEqual([]);
    expect(await playback.playhead('film', kids)).toMatchObject({ positionMs: hourMs });
  });

  it('stays out of what ended there meanwhile, which nothing overtook then (GIVE-1, STL-6)', async () => {
    await theirs.begin();
    await playback.clock.advance(minuteMs);
    await watchedByTheKids();
    await theirs.report('FINISH', filmMs);
    expect((await reassign()).problems).toEqual([]);
    expect(await playback.playhead('film', kids)).toMatchObject({ status: 'FINISHED' });
  });

  it('leaves overtaken here what it had overtaken (UNDO-1, STL-6)', async () => {
    await watchedByTheKids();
    const closed = await phone.report('STOP', 12 * minuteMs);
    expect(closed).toMatchObject({ outcome: 'SUPERSEDED', durability: 'NONE' });
    expect((await reassign()).problems).toEqual([]);
    expect(await playback.playhead()).toMatchObject({ positionMs: 10 * minuteMs });
  });

  it('can be undone there like any other, and leads back to what was there before', async () => {
    await theirs.play(0, 5 * secondMs);
    await playback.clock.advance(minuteMs);
    await watchedByTheKids();
    await reassign();
    expect(await playback.playhead('film', kids)).toMatchObject({ positionMs: hourMs });
    expect(await undo(tv.sessionId, kids)).toEqual([]);
    expect(await playback.playhead('film', kids)).toMatchObject({ positionMs: 5 * secondMs });
  });

  it('can be given on from there', async () => {
    await watchedByTheKids();
    await reassign();
    expect((await reassign({ profileId: teens }, kids)).problems).toEqual([]);
    expect(await playback.playhead('film', kids)).toMatchObject({ status: 'NOT_STARTED' });
    expect(await playback.playhead('film', teens)).toMatchObject({ positionMs: hourMs });
  });

  it('changes nothing when it is asked for again, and takes along what came late (GIVE-3)', async () => {
    await watchedByTheKids();
    const late = tv.observe('SEEK', 2 * minuteMs);
    await playback.clock.advance(secondMs);
    await reassign();
    const both = () => Promise.all([playback.playhead(), playback.playhead('film', kids)]);
    const [mine, kept] = await both();
    expect((await reassign()).problems).toEqual([]);
    expect(await both()).toMatchObject([{ version: mine.version }, { version: kept.version }]);
    expect(await tv.send(late)).toMatchObject({ outcome: 'SUPERSEDED' });
    expect((await reassign()).problems).toEqual([]);
    expect(await both()).toMatchObject([{ version: mine.version }, { positionMs: 2 * minuteMs }]);
  });

  it('leaves here what the session does afterwards, until that is given as well', async () => {
    await watchedByTheKids();
    await reassign();
    await playback.clock.advance(secondMs);
    await tv.report('PLAY', 90 * minuteMs);
    await tv.report('STOP', 91 * minuteMs);
    expect(await playback.playhead()).toMatchObject({ positionMs: 91 * minuteMs });
    expect(await playback.playhead('film', kids)).toMatchObject({ positionMs: hourMs });
    await reassign();
    expect(await playback.playhead()).toMatchObject({ positionMs: 10 * minuteMs });
    expect(await playback.playhead('film', kids)).toMatchObject({ positionMs: 91 * minuteMs });
  });

  it('brings nothing along that was undone before it went on', async () => {
    await watchedByTheKids();
    await undo(tv.sessionId, playback.profileId);
    await playback.clock.advance(secondMs);
    await tv.report('PLAY', 90 * minuteMs);
    await tv.report('STOP', 91 * minuteMs);
    for (const _twice of [1, 2]) {
      expect((await reassign()).problems).toEqual([]);
      expect(await sessions(kids)).toMatchObject([
        { titles: [{ fromPositionMs: 90 * minuteMs, toPositionMs: 91 * minuteMs }] },
      ]);
    }
  });

  it('is finished by asking again when the process dies between the two profiles', async () => {
    await watchedByTheKids();
    playback.events.interrupt('after', 'append', async () => {
      playback.events.isDown = true;
    });
    const input = { sessionId: tv.sessionId, profileId: kids };
    const { errors } = await playback.ask(reassignMutation, { input });
    expect(errors).toMatchObject([{ extensions: { code: 'STATE_UNAVAILABLE', retryable: true } }]);
    await playback.kill();
    playback.events.repair();
    expect(await playback.playhead()).toMatchObject({ positionMs: hourMs });
    expect(await playback.playhead('film', kids)).toMatchObject({ positionMs: hourMs });
    expect((await reassign()).problems).toEqual([]);
    expect(await playback.playhead()).toMatchObject({ positionMs: 10 * minuteMs });
    expect(await sessions(kids)).toMatchObject([{ id: tv.sessionId, undoneAt: null }]);
  });

  it('survives the death of the process', async () => {
    await watchedByTheKids();
    await reassign();
    await playback.kill();
    expect(await playback.playhead()).toMatchObject({ positionMs: 10 * minuteMs });
    expect(await playback.playhead('film', kids)).toMatchObject({ positionMs: hourMs });
  });
});

describe('giving a session to another profile is refused, and changes nothing', () => {
  async function refusal(input: Input = {}, from = playback.profileId): Promise<Problem[]> {
    const read = () =>
      Promise.all([from, kids, teens].map((profile) => playback.playhead('film', profile)));
    const before = await read();
    const { playheads, problems } = await reassign(input, from);
    expect(playheads).toEqual([]);
    expect((await read()).map(({ version }) => version)).toEqual(
      before.map(({ version }) => version),
    );
    return problems;
  }

  it('for a profile that the token does not name (GIVE-4)', async () => {
    await watchedByTheKids();
    for (const [stranger, from] of [
      ['stranger', playback.profileId],
      [playback.profileId, playback.guestId],
    ] as const) {
      const input = { sessionId: tv.sessionId, profileId: stranger };
      const { data, errors } = await playback.ask(reassignMutation, { input }, from);
      expect(data).toEqual({ reassignSession: null });
      expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', retryable: false } }]);
      expect(await playback.playhead('film', stranger)).toMatchObject({
        status: stranger === 'stranger' ? 'NOT_STARTED' : 'IN_PROGRESS',
      });
    }
  });

  it('for the profile itself, and for ids that are none (GIVE-5)', async () => {
    await watchedByTheKids();
    const invalid = (...path: string[]) => expect.objectContaining({ code: 'INVALID_INPUT', path });
    expect(await refusal({ profileId: playback.profileId })).toEqual([invalid('profileId')]);
    expect(await refusal({ sessionId: '*', playableId: '', profileId: 'a:b' })).toEqual([
      ...[invalid('sessionId'), invalid('playableId'), invalid('profileId')],
    ]);
  });

  it('for a session that is unknown, another profile’s, forgotten or too old (GIVE-5)', async () => {
    await watchedByTheKids();
    const unknown = [expect.objectContaining({ code: 'NOT_FOUND', path: ['sessionId'] })];
    expect(await refusal({ sessionId: 'unknown' })).toEqual(unknown);
    expect(await refusal({ profileId: teens }, kids)).toEqual(unknown);
    expect(await refusal({ playableId: 'other' })).toMatchObject([
      { code: 'NOT_FOUND', path: ['playableId'] },
    ]);
    await playback.kill({ awayMs: 91 * dayMs });
    expect(await refusal()).toEqual(unknown);
  });

  it('for a session that is playing (GIVE-5)', async () => {
    await tv.play(0, minuteMs);
    expect(await refusal()).toMatchObject([{ code: 'SESSION_ACTIVE', path: ['sessionId'] }]);
  });

  it('for what was undone before, here or there (GIVE-5)', async () => {
    await watchedByTheKids();
    await undo(tv.sessionId, playback.profileId);
    expect(await refusal()).toMatchObject([{ code: 'ALREADY_UNDONE', path: ['sessionId'] }]);
    await playback.clock.advance(secondMs);
    await tv.play(0, secondMs);
    await tv.report('STOP', minuteMs);
    await reassign();
    // It cannot come back: what it left behind here says that it never was.
    expect(await refusal({ profileId: playback.profileId }, kids)).toMatchObject([
      { code: 'ALREADY_UNDONE', path: ['profileId'] },
    ]);
  });

  it('for what a third profile has (GIVE-5)', async () => {
    await watchedByTheKids();
    await reassign();
    expect(await refusal({ profileId: teens })).toMatchObject([
      { code: 'ALREADY_REASSIGNED', path: ['sessionId'] },
    ]);
    expect(await undo(tv.sessionId, playback.profileId)).toMatchObject([
      { code: 'ALREADY_UNDONE' },
    ]);
  });
});
