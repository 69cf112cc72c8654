import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  hourMs,
  minuteMs,
  secondMs,
  sharePlayback,
  type TestDevice,
} from '../../support/playback.ts';

const playback = sharePlayback();
let tv: TestDevice;
let phone: TestDevice;

beforeEach(async () => {
  tv = playback.device({ id: 'tv', kind: 'TV' });
  phone = playback.device({ id: 'phone', kind: 'PHONE' });
});

async function inProgress(): Promise<string[]> {
  const { viewer } = await playback.data(
    '{ viewer { inProgress { edges { node { playableId } } } } }',
  );
  return viewer.inProgress.edges.map(({ node }: { node: { playableId: string } }) => {
    return node.playableId;
  });
}

describe('a title that was removed from the row', () => {
  it('keeps its position, and leaves only the list', async () => {
    const before = (await tv.play(hourMs)).playhead;
    const { playhead, problems } = await playback.change('hidePlayhead');
    expect(problems).toEqual([]);
    expect(playhead).toMatchObject({ hidden: true, status: 'IN_PROGRESS', positionMs: hourMs });
    expect(playhead).toMatchObject({ updatedAt: before?.updatedAt, device: before?.device });
    expect(playhead!.version > before!.version).toBe(true);
    expect(await inProgress()).toEqual([]);
  });

  it('comes back by hand where it was', async () => {
    await tv.play(hourMs);
    const hidden = await playback.change('hidePlayhead');
    const { playhead } = await playback.change('unhidePlayhead');
    expect(playhead).toMatchObject({ hidden: false, positionMs: hourMs });
    expect(playhead!.version > hidden.playhead!.version).toBe(true);
    expect(await inProgress()).toEqual(['film']);
  });

  it('may be one that was never started, and starts hidden for nobody who plays it', async () => {
    const { playhead } = await playback.change('hidePlayhead', { playableId: 'next-episode' });
    expect(playhead).toMatchObject({ hidden: true, status: 'NOT_STARTED', updatedAt: null });
    await tv.begin({ playableId: 'next-episode' });
    await playback.clock.advance(secondMs);
    expect((await tv.report('START', 0)).playhead).toMatchObject({ hidden: false });
  });

  it('stays removed while the session that was there before goes on playing', async () => {
    await tv.play(minuteMs);
    await playback.change('hidePlayhead');
    await playback.clock.advance(5 * secondMs);
    const { outcome, playhead } = await tv.report('HEARTBEAT', minuteMs + 5 * secondMs);
    expect(outcome).toBe('ACCEPTED');
    expect(playhead).toMatchObject({ hidden: true, positionMs: minuteMs + 5 * secondMs });
  });

  it('comes back by a PLAY, in whatever session', async () => {
    await tv.play(minuteMs);
    await tv.report('PAUSE', minuteMs);
    await playback.change('hidePlayhead');
    await playback.clock.advance(secondMs);
    expect((await tv.report('PLAY', minuteMs)).playhead?.hidden).toBe(false);
  });

  it('comes back by a new session, and stays back whoever else goes on', async () => {
    await tv.play(minuteMs);
    await playback.change('hidePlayhead');
    await playback.clock.advance(secondMs);
    await phone.begin();
    expect((await phone.report('START', hourMs)).playhead?.hidden).toBe(false);
    await playback.clock.advance(5 * secondMs);
    const { playhead } = await tv.report('HEARTBEAT', minuteMs);
    expect(playhead).toMatchObject({ hidden: false, device: { id: 'tv' } });
  });

  it.each(['HEARTBEAT', 'PAUSE', 'PLAY', 'START'])(
    'never comes back by a %s from before it',
    async (event) => {
      await tv.begin();
      const late = [tv.observe('HEARTBEAT', minuteMs), tv.observe(event, 2 * minuteMs)];
      await playback.clock.advance(minuteMs);
      await playback.change('hidePlayhead');
      await playback.clock.advance(hourMs);
      expect(await tv.send(...late)).toMatchObject({
        outcome: 'ACCEPTED',
        playhead: { hidden: true, positionMs: 2 * minuteMs },
      });
      expect(await inProgress()).toEqual([]);
    },
  );

  it('is not brought back by finishing, restarting or forgetting it by hand', async () => {
    await tv.play(minuteMs);
    await playback.change('hidePlayhead');
    for (const field of ['finishPlayhead', 'restartPlayhead', 'forgetPlayhead'] as const) {
      expect((await playback.change(field)).playhead?.hidden).toBe(true);
    }
  });

  it('is still found in history, where it can be put back after a reload', async () => {
    await tv.play(minuteMs);
    await playback.change('hidePlayhead');
    await playback.kill();
    const { viewer } = await playback.data(
      '{ viewer { history(filter: { hidden: true }) { edges { node { playableId hidden } } } } }',
    );
    expect(viewer.history.edges).toEqual([]);
    await tv.begin();
    await tv.report('STOP', minuteMs);
    await playback.change('hidePlayhead');
    const again = await playback.data(
      '{ viewer { history(filter: { hidden: true }) { edges { node { playableId hidden } } } } }',
    );
    expect(again.viewer.history.edges).toEqual([{ node: { playableId: 'film', hidden: true } }]);
  });
});

describe('hiding', () => {
  it('never carries an old position over a newer one', async () => {
    // The change was decided on what was in force; a newer heartbeat comes before it is applied.
    await tv.play(minuteMs);
    playback.hot.interrupt('before', 'merge', async () => {
      await playback.clock.advance(5 * secondMs);
      await tv.report('HEARTBEAT', hourMs);
    });
    const { playhead } = await playback.change('hidePlayhead');
    expect(playhead).toMatchObject({ hidden: true, positionMs: hourMs });
    await playback.clock.advance(5 * secondMs);
    expect((await tv.report('HEARTBEAT', hourMs + 5 * secondMs)).outcome).toBe('ACCEPTED');
  });

  it('moves no position in the durable store either', async () => {
    await tv.begin();
    await tv.report('PAUSE', minuteMs);
    await playback.clock.advance(secondMs);
    await tv.report('HEARTBEAT', hourMs);
    await playback.change('hidePlayhead');
    await playback.kill();
    expect(await playback.playhead()).toMatchObject({ hidden: true, positionMs: minuteMs });
  });
});
