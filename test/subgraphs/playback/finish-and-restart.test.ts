import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  filmMs,
  hourMs,
  minuteMs,
  secondMs,
  sharePlayback,
  type TestDevice,
} from '../../support/playback.ts';

const playback = sharePlayback();
let tv: TestDevice;

beforeEach(async () => {
  tv = playback.device({ id: 'tv', kind: 'TV' });
});

const finished = {
  status: 'FINISHED',
  resumePositionMs: 0,
  resumeReason: 'FINISHED_SO_FROM_START',
};

describe('a title is finished', () => {
  it.each<[string, Record<string, unknown>, number, boolean]>([
    ['at its credits', { creditsStartMs: 100 * minuteMs }, 100 * minuteMs, true],
    ['not before its credits', { creditsStartMs: 100 * minuteMs }, 100 * minuteMs - 1, false],
    ['never while its length is unknown', { durationMs: null }, 20 * hourMs, false],
    ['a film in its last 5 %', { durationMs: filmMs }, 0.95 * filmMs, true],
    ['not a film before that', { durationMs: filmMs }, 0.95 * filmMs - 1, false],
    ['a long film in its last 8 min', { durationMs: 4 * hourMs }, 232 * minuteMs, true],
    ['not a long film before that', { durationMs: 4 * hourMs }, 232 * minuteMs - 1, false],
    ['an episode in its last 3 min', { durationMs: 50 * minuteMs }, 47 * minuteMs, true],
    ['not an episode before 90 %', { durationMs: 20 * minuteMs }, 18 * minuteMs - 1, false],
    ['a short one at 95 %', { durationMs: 10 * minuteMs }, 9.5 * minuteMs, true],
    ['not a short one before that', { durationMs: 10 * minuteMs }, 9.5 * minuteMs - 1, false],
  ])('%s', async (_when, input, ...[positionMs, isFinished]) => {
    await tv.begin(input);
    const { playhead } = await tv.report('HEARTBEAT', positionMs);
    expect(playhead?.positionMs).toBe(positionMs);
    if (isFinished) expect(playhead).toMatchObject(finished);
    else expect(playhead?.status).toBe('IN_PROGRESS');
  });

  it('when its player says so, wherever it stands', async () => {
    await tv.begin();
    const { playhead, durability } = await tv.report('FINISH', minuteMs);
    expect(playhead).toMatchObject({ ...finished, positionMs: minuteMs });
    expect(durability).toBe('DURABLE');
  });

  it('by hand, with the position it had', async () => {
    await tv.play(hourMs);
    const { playhead } = await playback.change('finishPlayhead');
    expect(playhead).toMatchObject({
      ...finished,
      positionMs: hourMs,
      durationMs: filmMs,
      device: null,
    });
  });

  it('by hand though it was never started: a season is marked as watched', async () => {
    const { playhead } = await playback.change('finishPlayhead', { playableId: 'episode-1' });
    expect(playhead).toMatchObject({ ...finished, positionMs: 0, progress: null });
  });
});

describe('a finished title', () => {
  it('is reopened by a new play from its start', async () => {
    await tv.begin();
    await tv.report('FINISH', filmMs);
    await playback.clock.advance(hourMs);
    expect((await tv.begin()).playhead).toMatchObject(finished);
    expect((await tv.report('START', 0)).playhead).toMatchObject({
      status: 'IN_PROGRESS',
      positionMs: 0,
      resumeReason: 'EXACT',
    });
  });

  it('is reopened by hand: from zero, in progress', async () => {
    await tv.begin();
    await tv.report('FINISH', filmMs);
    await playback.clock.advance(hourMs);
    const { playhead } = await playback.change('restartPlayhead');
    expect(playhead).toMatchObject({
      status: 'IN_PROGRESS',
      positionMs: 0,
      resumePositionMs: 0,
      resumeReason: 'EXACT',
      durationMs: filmMs,
      device: null,
    });
  });

  it('stays finished under a late heartbeat from before', async () => {
    await tv.begin();
    const late = tv.observe('HEARTBEAT', minuteMs);
    await playback.clock.advance(secondMs);
    await playback.change('finishPlayhead');
    expect(await tv.send(late)).toMatchObject({ outcome: 'SUPERSEDED', playhead: finished });
  });
});

describe('restarting', () => {
  it('is back to zero at once, under a session that still plays elsewhere in it', async () => {
    await tv.play(hourMs);
    const { playhead } = await playback.change('restartPlayhead');
    expect(playhead).toMatchObject({ positionMs: 0, status: 'IN_PROGRESS' });
    await playback.clock.advance(5 * secondMs);
    expect((await tv.report('HEARTBEAT', hourMs + 5 * secondMs)).outcome).toBe('ACCEPTED');
  });

  it('a title that was never started puts it in progress', async () => {
    const { playhead } = await playback.change('restartPlayhead', { playableId: 'other-film' });
    expect(playhead).toMatchObject({ positionMs: 0, status: 'IN_PROGRESS', durationMs: null });
  });
});
