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

// "I fell asleep, and the television watched the rest of the film."

const playback = sharePlayback();
let tv: TestDevice;
let phone: TestDevice;

beforeEach(() => {
  tv = playback.device({ id: 'tv', kind: 'TV', name: 'Living room' });
  phone = playback.device({ id: 'phone', kind: 'PHONE' });
});

interface Session {
  id: string;
  device: { kind: string; name: string | null };
  titles: { playableId: string; fromPositionMs: number; toPositionMs: number; finished: boolean }[];
  startedAt: string;
  endedAt: string;
  undoneAt: string | null;
}

const sessionsQuery = `query ($first: Int! = 20, $after: String) { viewer {
  watchSessions(first: $first, after: $after) {
    edges { cursor node { id device { kind name } startedAt endedAt undoneAt
      titles { playableId fromPositionMs toPositionMs finished } } }
    pageInfo { hasNextPage hasPreviousPage endCursor } } } }`;
const undoMutation = `mutation ($input: UndoSessionInput!) { undoSession(input: $input) {
  playheads { ${playheadFields} } problems { code message path } } }`;

async function sessions(profileId?: string): Promise<Session[]> {
  const { viewer } = await playback.data(sessionsQuery, {}, profileId);
  return viewer.watchSessions.edges.map(({ node }: { node: Session }) => node);
}

async function undo(
  input: { sessionId: string; playableId?: string },
  profileId?: string,
): Promise<{ playheads: Playhead[]; problems: Problem[] }> {
  return (await playback.data(undoMutation, { input }, profileId)).undoSession;
}

/** The phone for ten minutes, then the television until the end of the film. */
async function fallAsleep(): Promise<void> {
  await phone.play(0, 10 * minuteMs);
  await playback.clock.advance(minuteMs);
  await tv.begin();
  await tv.report('START', 10 * minuteMs);
  await playback.clock.advance(hourMs);
  await tv.report('HEARTBEAT', 70 * minuteMs);
  await playback.clock.advance(50 * minuteMs);
  await tv.report('FINISH', filmMs);
}

describe('what was watched', () => {
  it('is listed session by session, the last one first', async () => {
    const startedAtMs = playback.clock.nowMs();
    await fallAsleep();
    expect(await sessions()).toEqual([
      {
        id: tv.sessionId,
        device: { kind: 'TV', name: 'Living room' },
        titles: [
          {
            playableId: 'film',
            fromPositionMs: 10 * minuteMs,
            toPositionMs: filmMs,
            finished: true,
          },
        ],
        startedAt: new Date(startedAtMs + 11 * minuteMs).toISOString(),
        endedAt: new Date(startedAtMs + 121 * minuteMs).toISOString(),
        undoneAt: null,
      },
      expect.objectContaining({
        id: phone.sessionId,
        device: { kind: 'PHONE', name: null },
        startedAt: new Date(startedAtMs).toISOString(),
        endedAt: new Date(startedAtMs + 10 * minuteMs).toISOString(),
      }),
    ]);
  });

  it('is listed in pages that neither repeat nor skip', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      await tv.play(count * minuteMs);
      ids.unshift(tv.sessionId);
      await playback.clock.advance(minuteMs);
    }
    const listed: string[] = [];
    let after: string | null = null;
    do {
      const variables: object = { first: 2, after };
      const { viewer } = await playback.data(sessionsQuery, variables);
      const { edges, pageInfo } = viewer.watchSessions;
      expect(pageInfo.hasPreviousPage).toBe(after !== null);
      listed.push(...edges.map(({ node }: { node: Session }) => node.id));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    expect(listed).toEqual(ids);
  });

  it('is listed with what was watched offline, and came too late to be where one is', async () => {
    await phone.begin();
    const offline = [phone.observe('START', 0), phone.observe('PAUSE', minuteMs)];
    await playback.clock.advance(minuteMs);
    await tv.play(hourMs);
    await phone.send(...offline);
    expect((await sessions()).map(({ id }) => id)).toEqual([tv.sessionId, phone.sessionId]);
  });

  it('is not listed once it was forgotten, nor when more of it comes late', async () => {
    await phone.begin();
    const late = phone.observe('PAUSE', minuteMs);
    await playback.clock.advance(secondMs);
    await tv.play(hourMs);
    await playback.clock.advance(secondMs);
    await playback.change('forgetPlayhead');
    await phone.send(late);
    expect(await sessions()).toEqual([]);
    await playback.clock.advance(secondMs);
    await tv.play(0);
    await phone.send(late);
    expect((await sessions()).map(({ id }) => id)).toEqual([tv.sessionId]);
  });

  it('is another profile’s own affair', async () => {
    await tv.play(hourMs);
    expect(await sessions(playback.guestId)).toEqual([]);
  });

  it('is unknown, and not nothing, while what was told of it cannot be read (UNDO-6)', async () => {
    await tv.play(hourMs);
    playback.events.isDown = true;
    const { data, errors } = await playback.ask(sessionsQuery);
    expect(data).toEqual({ viewer: { watchSessions: null } });
    expect(errors).toMatchObject([{ extensions: { code: 'STATE_UNAVAILABLE', retryable: true } }]);
    playback.events.repair();
    expect((await sessions()).map(({ id }) => id)).toEqual([tv.sessionId]);
  });

  it('is unknown while it was written past the store that tells of it', async () => {
    playback.hot.isFull = true;
    await tv.play(hourMs);
    await tv.report('STOP', hourMs);
    const { data, errors } = await playback.ask(sessionsQuery);
    expect(data).toEqual({ viewer: { watchSessions: null } });
    expect(errors).toMatchObject([{ extensions: { code: 'STATE_UNAVAILABLE', retryable: true } }]);
    playback.hot.repair();
    await playback.clock.advance(2 * secondMs);
    expect((await sessions()).map(({ id }) => id)).toEqual([tv.sessionId]);
  });

  it.each([
    [{ first: 0 }, 'first is 1 to 50, not 0.'],
    [{ first: 51 }, 'first is 1 to 50, not 51.'],
    [{ after: 'somewhere' }, 'after is the cursor of an edge of this list.'],
  ])('refuses %j', async (variables, message) => {
    const { errors } = await playback.ask(sessionsQuery, variables);
    expect(errors).toMatchObject([{ message, extensions: { code: 'BAD_USER_INPUT' } }]);
  });
});

describe('undoing a session', () => {
  it('goes back to where the other device stopped, and says so in the list', async () => {
    await fallAsleep();
    const { playheads, problems } = await undo({ sessionId: tv.sessionId });
    expect(problems).toEqual([]);
    expect(playheads).toMatchObject([
      { playableId: 'film', status: 'IN_PROGRESS', positionMs: 10 * minuteMs, durationMs: filmMs },
    ]);
    expect(await playback.playhead()).toMatchObject({ device: { id: 'phone' } });
    const [undone, kept] = await sessions();
    expect(undone).toMatchObject({ id: tv.sessionId, undoneAt: expect.any(String) });
    expect(kept).toMatchObject({ id: phone.sessionId, undoneAt: null });
  });

  it('goes back to never started where nothing else was watched', async () => {
    await tv.play(hourMs, minuteMs);
    await tv.report('STOP', hourMs);
    await undo({ sessionId: tv.sessionId });
    expect(await playback.playhead()).toMatchObject({ status: 'NOT_STARTED', positionMs: 0 });
  });

  it('goes back exactly, though progress is told every 15 s only', async () => {
    await phone.play(0, 40 * secondMs);
    await tv.play(0, 20 * secondMs);
    await tv.report('STOP', hourMs);
    await undo({ sessionId: tv.sessionId });
    expect(await playback.playhead()).toMatchObject({ positionMs: 40 * secondMs });
  });

  it('goes back to what was left longer ago than anything is kept', async () => {
    await phone.play(hourMs);
    await phone.report('STOP', hourMs);
    await playback.kill({ awayMs: 200 * dayMs });
    await tv.play(0);
    await tv.report('STOP', minuteMs);
    await undo({ sessionId: tv.sessionId });
    expect(await playback.playhead()).toMatchObject({
      positionMs: hourMs,
      device: { id: 'phone' },
    });
  });

  it('leaves the title where a later session left it, and then remembers both (UNDO-1)', async () => {
    await fallAsleep();
    await playback.clock.advance(minuteMs);
    await playback.change('restartPlayhead');
    await playback.clock.advance(minuteMs);
    const web = playback.device({ id: 'web', kind: 'WEB' });
    await web.play(30 * minuteMs);
    await web.report('STOP', 31 * minuteMs);
    const before = await playback.playhead();
    expect((await undo({ sessionId: tv.sessionId })).problems).toEqual([]);
    expect(await playback.playhead()).toMatchObject({ version: before.version });
    await undo({ sessionId: web.sessionId });
    expect(await playback.playhead()).toMatchObject({ positionMs: 0, status: 'IN_PROGRESS' });
  });

  it('undoes two sessions in either order', async () => {
    await fallAsleep();
    await playback.clock.advance(minuteMs);
    const web = playback.device({ id: 'web', kind: 'WEB' });
    await web.play(30 * minuteMs);
    await web.report('STOP', 31 * minuteMs);
    await undo({ sessionId: web.sessionId });
    expect(await playback.playhead()).toMatchObject({ status: 'FINISHED' });
    await undo({ sessionId: tv.sessionId });
    expect(await playback.playhead()).toMatchObject({ positionMs: 10 * minuteMs });
  });

  it('hides again what only that session had lifted', async () => {
    await phone.play(hourMs);
    await playback.clock.advance(secondMs);
    await playback.change('hidePlayhead');
    await playback.clock.advance(secondMs);
    await tv.play(hourMs);
    await tv.report('STOP', hourMs);
    expect(await playback.playhead()).toMatchObject({ hidden: false });
    await undo({ sessionId: tv.sessionId });
    expect(await playback.playhead()).toMatchObject({ hidden: true });
  });

  it('takes back one title of several', async () => {
    await tv.begin({ sessionId: 'evening' });
    await tv.report('STOP', hourMs);
    await playback.clock.advance(secondMs);
    await tv.begin({ sessionId: 'evening', playableId: 'sequel' });
    await tv.report('STOP', minuteMs);
    await undo({ sessionId: 'evening', playableId: 'sequel' });
    expect(await playback.playhead()).toMatchObject({ positionMs: hourMs });
    expect(await playback.playhead('sequel')).toMatchObject({ status: 'NOT_STARTED' });
    expect(await sessions()).toMatchObject([{ id: 'evening', undoneAt: null }]);
    await undo({ sessionId: 'evening' });
    expect(await playback.playhead()).toMatchObject({ status: 'NOT_STARTED' });
    expect(await sessions()).toMatchObject([{ id: 'evening', undoneAt: expect.any(String) }]);
  });

  it('covers what the session still sends from before, and not what it does afterwards (UNDO-2)', async () => {
    await phone.play(0, minuteMs);
    await playback.clock.advance(secondMs);
    await tv.begin();
    await tv.report('STOP', hourMs);
    await playback.clock.advance(secondMs);
    const late = tv.observe('SEEK', 2 * minuteMs);
    await playback.clock.advance(secondMs);
    await undo({ sessionId: tv.sessionId });
    expect(await tv.send(late)).toMatchObject({ outcome: 'SUPERSEDED' });
    expect(await playback.playhead()).toMatchObject({ positionMs: minuteMs });
    await playback.clock.advance(secondMs);
    await tv.report('PLAY', 5 * minuteMs);
    expect(await playback.playhead()).toMatchObject({ positionMs: 5 * minuteMs });
    expect(await sessions()).toMatchObject([{ id: tv.sessionId, undoneAt: null }, {}]);
  });

  it('survives the death of the process, before and after', async () => {
    await fallAsleep();
    await playback.kill();
    expect((await undo({ sessionId: tv.sessionId })).problems).toEqual([]);
    await playback.kill();
    expect(await playback.playhead()).toMatchObject({ positionMs: 10 * minuteMs });
    expect((await undo({ sessionId: tv.sessionId })).problems).toMatchObject([
      { code: 'ALREADY_UNDONE' },
    ]);
  });
});

describe('undoing is refused, and changes nothing', () => {
  async function refusal(input: { sessionId: string; playableId?: string }, profileId?: string) {
    const before = await playback.playhead();
    const { playheads, problems } = await undo(input, profileId);
    expect(playheads).toEqual([]);
    expect(await playback.playhead()).toMatchObject({ version: before.version });
    return problems;
  }

  it('for what was undone before (UNDO-5)', async () => {
    await fallAsleep();
    await undo({ sessionId: tv.sessionId });
    expect(await refusal({ sessionId: tv.sessionId })).toEqual([
      expect.objectContaining({ code: 'ALREADY_UNDONE', path: ['sessionId'] }),
    ]);
  });

  it('for a session that is playing now (UNDO-4)', async () => {
    await tv.play(0, minuteMs);
    expect(await refusal({ sessionId: tv.sessionId })).toEqual([
      expect.objectContaining({ code: 'SESSION_ACTIVE', path: ['sessionId'] }),
    ]);
  });

  it('for a session that nobody knows, and for a title that it never watched', async () => {
    await fallAsleep();
    expect(await refusal({ sessionId: 'unknown' })).toEqual([
      expect.objectContaining({ code: 'NOT_FOUND', path: ['sessionId'] }),
    ]);
    expect(await refusal({ sessionId: tv.sessionId, playableId: 'other' })).toEqual([
      expect.objectContaining({ code: 'NOT_FOUND', path: ['playableId'] }),
    ]);
  });

  it('for the session of another profile', async () => {
    await fallAsleep();
    expect(await refusal({ sessionId: tv.sessionId }, playback.guestId)).toEqual([
      expect.objectContaining({ code: 'NOT_FOUND' }),
    ]);
  });

  it('for a session of more than 90 days ago (UNDO-3)', async () => {
    await fallAsleep();
    await playback.kill({ awayMs: 91 * dayMs });
    expect(await refusal({ sessionId: tv.sessionId })).toEqual([
      expect.objectContaining({ code: 'NOT_FOUND' }),
    ]);
    expect(await sessions()).toEqual([]);
  });

  it('for what was forgotten', async () => {
    await fallAsleep();
    await playback.forgetAll();
    expect(await refusal({ sessionId: tv.sessionId })).toEqual([
      expect.objectContaining({ code: 'NOT_FOUND' }),
    ]);
  });

  it('for ids that are none', async () => {
    expect(await refusal({ sessionId: '*', playableId: '' })).toEqual([
      expect.objectContaining({ code: 'INVALID_INPUT', path: ['sessionId'] }),
      expect.objectContaining({ code: 'INVALID_INPUT', path: ['playableId'] }),
    ]);
  });

  it('while nobody can say what is in force', async () => {
    await fallAsleep();
    playback.hot.isDown = true;
    playback.durable.isDown = true;
    const { errors } = await playback.ask(undoMutation, { input: { sessionId: tv.sessionId } });
    expect(errors).toMatchObject([{ extensions: { code: 'STATE_UNAVAILABLE', retryable: true } }]);
    playback.hot.repair();
    playback.durable.repair();
    await playback.kill();
    expect(await playback.playhead()).toMatchObject({ status: 'FINISHED' });
    expect((await undo({ sessionId: tv.sessionId })).problems).toEqual([]);
  });
});
