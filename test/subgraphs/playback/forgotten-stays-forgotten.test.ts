import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  dayMs,
  hourMs,
  minuteMs,
  secondMs,
  sharePlayback,
  type TestDevice,
} from '../../support/playback.ts';

const playback = sharePlayback({ writeBehindMs: 300_000 });
let tv: TestDevice;
let phone: TestDevice;

beforeEach(async () => {
  tv = playback.device({ id: 'tv', kind: 'TV' });
  phone = playback.device({ id: 'phone', kind: 'PHONE' });
});

const neverStarted = {
  status: 'NOT_STARTED',
  positionMs: 0,
  resumePositionMs: 0,
  durationMs: null,
  progress: null,
  device: null,
};

async function history(): Promise<string[]> {
  const { viewer } = await playback.data(
    '{ viewer { history { edges { node { playableId } } } } }',
  );
  return viewer.history.edges.map(({ node }: { node: { playableId: string } }) => node.playableId);
}

describe('a forgotten title', () => {
  it('is one that was never started, with a version of its own', async () => {
    const { playhead } = await tv.play(hourMs);
    await tv.report('STOP', hourMs);
    await playback.clock.advance(secondMs);
    const forgotten = await playback.change('forgetPlayhead');
    expect(forgotten).toMatchObject({ problems: [], playhead: neverStarted });
    expect(forgotten.playhead!.id).toBe(playhead!.id);
    expect(forgotten.playhead!.version > playhead!.version).toBe(true);
    expect(await history()).toEqual([]);
  });

  it.each([
    ['at once', 0],
    ['a day later', dayMs],
    ['a week later', 7 * dayMs],
  ])('is not brought back by a heartbeat from before, %s', async (_when, delayMs) => {
    await tv.begin();
    const late = [tv.observe('PLAY', minuteMs), tv.observe('PAUSE', hourMs)];
    await playback.clock.advance(secondMs);
    const forgotten = await playback.change('forgetPlayhead');
    await playback.clock.advance(delayMs);
    expect(await tv.send(...late)).toMatchObject({
      outcome: 'SUPERSEDED',
      playhead: { ...neverStarted, version: forgotten.playhead?.version },
    });
  });

  it('is not brought back by a retry of what it forgot', async () => {
    await tv.begin();
    const pause = tv.observe('PAUSE', hourMs);
    await tv.send(pause);
    await playback.change('forgetPlayhead');
    expect((await tv.send(pause)).outcome).toBe('SUPERSEDED');
    await playback.kill();
    expect((await tv.send(pause)).outcome).toBe('SUPERSEDED');
    expect(await playback.playhead()).toMatchObject(neverStarted);
  });

  it('comes back by what is newer', async () => {
    await tv.play(hourMs);
    await playback.change('forgetPlayhead');
    await playback.clock.advance(secondMs);
    expect(await tv.report('HEARTBEAT', hourMs)).toMatchObject({
      outcome: 'ACCEPTED',
      playhead: { status: 'IN_PROGRESS', positionMs: hourMs },
    });
  });

  it('beats a session whose clock is ahead: it comes after what was in force', async () => {
    await tv.begin();
    const ahead = await tv.report('HEARTBEAT', hourMs, { elapsedMs: 6 * secondMs });
    const { playhead } = await playback.change('forgetPlayhead');
    expect(playhead).toMatchObject(neverStarted);
    expect(playhead!.version > ahead.playhead!.version).toBe(true);
  });

  it('is forgotten alone', async () => {
    await tv.play(hourMs);
    await phone.begin({ playableId: 'other-film' });
    await phone.report('HEARTBEAT', minuteMs);
    await playback.change('forgetPlayhead');
    expect(await history()).toEqual(['other-film']);
  });

  it('may be one that was never there', async () => {
    const { playhead } = await playback.change('forgetPlayhead', { playableId: 'unknown' });
    expect(playhead).toMatchObject(neverStarted);
  });
});

describe('forgetting everything', () => {
  it('leaves nothing: no history, no position, no hiding', async () => {
    await tv.play(hourMs);
    await phone.begin({ playableId: 'other-film' });
    await phone.report('PAUSE', minuteMs);
    await playback.change('hidePlayhead');
    await playback.clock.advance(secondMs);
    const { forgottenAt, problems } = await playback.forgetAll();
    expect(problems).toEqual([]);
    expect(forgottenAt).toBe(new Date(playback.clock.nowMs()).toISOString());
    expect(await history()).toEqual([]);
    for (const title of ['film', 'other-film', 'never-started']) {
      expect(await playback.playhead(title)).toMatchObject({ ...neverStarted, hidden: false });
    }
  });

  it('raises the version of every title, even of those never started', async () => {
    const { playhead } = await tv.play(hourMs);
    await playback.forgetAll();
    const film = await playback.playhead('film');
    expect(film.version > playhead!.version).toBe(true);
    expect((await playback.playhead('never-started')).version).toBe(film.version);
  });

  it.each([
    ['at once', false],
    ['after a restart', true],
  ])('is not undone by a heartbeat from before: %s', async (_when, isRestarted) => {
    await tv.begin();
    const late = [tv.observe('PLAY', minuteMs), tv.observe('PAUSE', hourMs)];
    await playback.clock.advance(secondMs);
    await playback.forgetAll();
    if (isRestarted) await playback.kill();
    expect(await tv.send(...late)).toMatchObject({
      outcome: 'SUPERSEDED',
      playhead: neverStarted,
    });
    await playback.kill();
    expect(await playback.playhead()).toMatchObject(neverStarted);
    expect(await history()).toEqual([]);
  });

  it('is lifted for a title by what is newer, and for no other', async () => {
    await tv.play(hourMs);
    await phone.begin({ playableId: 'other-film' });
    await phone.report('HEARTBEAT', minuteMs);
    await playback.forgetAll();
    await playback.clock.advance(secondMs);
    expect((await tv.report('HEARTBEAT', hourMs)).outcome).toBe('ACCEPTED');
    expect(await history()).toEqual(['film']);
  });

  it('of one profile leaves the others alone', async () => {
    const guest = playback.device({ id: 'tv', profileId: playback.guestId });
    await guest.play(hourMs);
    await playback.forgetAll();
    expect((await playback.playhead('film', playback.guestId)).positionMs).toBe(hourMs);
  });

  it('twice is as good as once', async () => {
    await tv.play(hourMs);
    const first = await playback.forgetAll();
    const second = await playback.forgetAll();
    expect(second.forgottenAt > first.forgottenAt).toBe(true);
    expect(await playback.playhead()).toMatchObject(neverStarted);
  });

  it('beats a session whose clock is ahead', async () => {
    await tv.begin();
    await tv.report('HEARTBEAT', hourMs, { elapsedMs: 6 * secondMs });
    await playback.forgetAll();
    expect(await playback.playhead()).toMatchObject(neverStarted);
  });
});
