import { describe, expect, it } from '@jest/globals';
import { playhead, versionAt } from './fake-server.ts';
import { openRig, type Rig, startWatching, watch } from './rig.ts';

/** Events that arrived, with what they say of seeks. */
function events({ server }: Rig): string[] {
  return server.heartbeats.map(({ event, positionMs, fromPositionMs }) =>
    fromPositionMs === undefined ? event : `${event} ${fromPositionMs}→${positionMs}`,
  );
}

describe('reports of a player', () => {
  it('begin with START when it first plays (EVT-1)', async () => {
    const rig = openRig();
    await startWatching(rig);
    expect(events(rig)).toEqual(['START']);
  });

  it('tell a pause, and play after it, at once (EVT-2)', async () => {
    const rig = openRig();
    await startWatching(rig);
    await watch(rig, 2_000);
    rig.player.pause();
    await rig.server.settle();
    rig.player.play();
    await rig.server.settle();
    expect(events(rig)).toEqual(['START', 'PAUSE', 'PLAY']);
    expect(rig.server.heartbeats.map(({ positionMs }) => positionMs)).toEqual([0, 2_000, 2_000]);
  });

  it('join the steps of a scrub into one SEEK, without the PLAY that browsers fire after each (EVT-4)', async () => {
    const rig = openRig();
    await startWatching(rig);
    await watch(rig, 2_000);
    for (const seconds of [10, 20, 30, 40]) {
      rig.player.currentTime = seconds;
      await rig.clock.advance(300);
    }
    expect(events(rig)).toEqual(['START']);
    await rig.clock.advance(400);
    await rig.server.settle();
    expect(events(rig)).toEqual(['START', 'SEEK 2000→40000']);
  });

  it('hold a pause made during a seek until the seek has ended (EVT-3)', async () => {
    const rig = openRig();
    await startWatching(rig);
    rig.player.holdsSeeks = true;
    rig.player.currentTime = 90;
    await rig.server.settle();
    rig.player.pause();
    rig.player.finishSeek();
    await rig.clock.advance(400);
    await rig.server.settle();
    expect(events(rig)).toEqual(['START', 'SEEK 0→90000', 'PAUSE']);
  });

  it('tell a seek of a paused player, and no PLAY for it', async () => {
    const rig = openRig();
    await startWatching(rig);
    rig.player.pause();
    rig.player.currentTime = 60;
    await rig.server.settle();
    await rig.clock.advance(400);
    await rig.server.settle();
    expect(events(rig)).toEqual(['START', 'PAUSE', 'SEEK 0→60000']);
  });

  it('tell nothing when playing goes on after a stall (EVT-3)', async () => {
    const rig = openRig();
    await startWatching(rig);
    rig.player.fire('waiting');
    rig.player.fire('playing');
    await rig.server.settle();
    expect(events(rig)).toEqual(['START']);
  });

  it('end with FINISH at the end, without the pause before it (EVT-6)', async () => {
    const rig = openRig();
    await startWatching(rig);
    rig.player.duration = 2;
    await watch(rig, 2_000);
    rig.player.end();
    await rig.server.settle();
    expect(events(rig)).toEqual(['START', 'FINISH']);
  });

  it('end with STOP when the player is let go, and then never again (EVT-6)', async () => {
    const rig = openRig();
    const attachment = await startWatching(rig);
    await watch(rig, 1_000);
    attachment.detach();
    attachment.detach();
    rig.player.pause();
    rig.player.play();
    await rig.server.settle();
    expect(events(rig)).toEqual(['START', 'STOP']);
    expect(rig.server.heartbeats.at(-1)?.positionMs).toBe(1_000);
  });

  it('tell a seek that is not joined yet before the STOP that cuts it short', async () => {
    const rig = openRig();
    const attachment = await startWatching(rig);
    rig.player.currentTime = 50;
    await rig.server.settle();
    attachment.detach();
    await rig.server.settle();
    expect(events(rig)).toEqual(['START', 'SEEK 0→50000', 'STOP']);
  });

  it('are of a new session when the title is played again after its end (SES-2)', async () => {
    const rig = openRig();
    await startWatching(rig);
    rig.player.duration = 2;
    await watch(rig, 2_000);
    rig.player.end();
    await rig.server.settle();
    rig.player.currentTime = 0;
    rig.player.play();
    await rig.server.settle();
    expect(events(rig)).toEqual(['START', 'FINISH', 'START']);
    const sessions = rig.server
      .of('RecordHeartbeats')
      .map(({ variables }) => variables.input.session);
    expect(new Set(sessions).size).toBe(2);
  });

  it('say nothing of a player that was attached and never played', async () => {
    const rig = openRig();
    const attachment = rig.client.attach(rig.player, { playableId: 'mov_1', resume: 'never' });
    await attachment.ready;
    attachment.detach();
    await rig.server.settle();
    expect(rig.server.seen).toEqual([]);
  });

  it('carry whole milliseconds (POS-6)', async () => {
    const rig = openRig();
    await startWatching(rig);
    rig.player.jump(1.23456);
    rig.player.pause();
    await rig.server.settle();
    expect(rig.server.heartbeats.at(-1)?.positionMs).toBe(1_235);
  });

  it('carry the duration that the player measured, unless the session told it already', async () => {
    const told = openRig();
    told.client.attach(told.player, { playableId: 'mov_1', resume: 'never', durationMs: 600_400 });
    const untold = openRig();
    untold.client.attach(untold.player, { playableId: 'mov_1', resume: 'never' });
    for (const { player, server } of [told, untold]) {
      await server.settle();
      player.play();
      await server.settle();
    }
    expect(told.server.heartbeats[0]).not.toHaveProperty('durationMs');
    expect(told.server.of('BeginSession')[0]?.variables.input.durationMs).toBe(600_400);
    expect(untold.server.heartbeats[0]?.durationMs).toBe(600_000);
  });
});

describe('the seek to where it starts', () => {
  const at90 = playhead({ positionMs: 90_000, version: versionAt(7) });

  async function attachPlaying(rig: Rig): Promise<void> {
    rig.server.on('PlayheadOf', () => ({ data: { viewer: { playhead: at90 } } }));
    const { ready } = rig.client.attach(rig.player, { playableId: 'mov_1', resume: 'auto' });
    rig.player.play();
    await ready;
    await rig.server.settle();
  }

  it('is never reported, nor is a position before it (EVT-7)', async () => {
    const rig = openRig();
    await attachPlaying(rig);
    await rig.clock.advance(400);
    await rig.server.settle();
    expect(events(rig)).toEqual(['START']);
    expect(rig.server.heartbeats[0]?.positionMs).toBe(90_000);
  });

  it('keeps the player silent until it has ended', async () => {
    const rig = openRig();
    rig.player.holdsSeeks = true;
    await attachPlaying(rig);
    await watch(rig, 20_000);
    expect(rig.server.heartbeats).toEqual([]);
    rig.player.finishSeek();
    await rig.server.settle();
    expect(events(rig)).toEqual(['START']);
  });

  it('waits for a player that knows nothing of its title yet', async () => {
    const rig = openRig();
    rig.player.readyState = 0;
    await attachPlaying(rig);
    expect(rig.player.currentTime).toBe(0);
    rig.player.readyState = 4;
    rig.player.fire('loadedmetadata');
    await rig.server.settle();
    expect(rig.player.currentTime).toBe(90);
  });

  it('gives way to a viewer who sought first (RES-8)', async () => {
    const rig = openRig();
    rig.server.on('PlayheadOf', () => ({ data: { viewer: { playhead: at90 } } }));
    const { ready } = rig.client.attach(rig.player, { playableId: 'mov_1', resume: 'auto' });
    rig.player.currentTime = 300;
    await ready;
    rig.player.play();
    await rig.server.settle();
    expect(rig.player.currentTime).toBe(300);
    expect(rig.server.heartbeats[0]).toMatchObject({ event: 'START', positionMs: 300_000 });
  });

  it('goes to a position that the viewer chose', async () => {
    const rig = openRig();
    const { ready } = rig.client.attach(rig.player, { playableId: 'mov_1', resume: 23_000 });
    expect(await ready).toMatchObject({ positionMs: 23_000, source: 'none' });
    await rig.server.settle();
    expect(rig.player.currentTime).toBe(23);
  });
});

describe('media that is loaded again', () => {
  it('goes on where it was, and the zero in between is never told (POS-7)', async () => {
    const rig = openRig();
    await startWatching(rig);
    await watch(rig, 4_000);
    rig.player.load();
    rig.player.fire('timeupdate');
    rig.player.loaded();
    await rig.server.settle();
    expect(rig.player.currentTime).toBe(4);
    rig.player.play();
    await rig.server.settle();
    expect(events(rig)).toEqual(['START', 'PAUSE', 'PLAY']);
    expect(rig.server.heartbeats.map(({ positionMs }) => positionMs)).toEqual([0, 4_000, 4_000]);
  });

  it('and let go before it is there stops where it was', async () => {
    const rig = openRig();
    const attachment = await startWatching(rig);
    await watch(rig, 4_000);
    rig.player.load();
    attachment.detach();
    await rig.server.settle();
    expect(rig.server.heartbeats.at(-1)).toMatchObject({ event: 'STOP', positionMs: 4_000 });
  });

  it('starts where it should when the app loads it after all was ready', async () => {
    const rig = openRig();
    await rig.client.attach(rig.player, { playableId: 'mov_1', resume: 60_000 }).ready;
    await rig.server.settle();
    rig.player.load();
    rig.player.loaded();
    await rig.server.settle();
    rig.player.play();
    await rig.server.settle();
    expect(rig.server.heartbeats).toMatchObject([{ event: 'START', positionMs: 60_000 }]);
  });
});

describe('the nudges of a player', () => {
  it('over a gap are no SEEK (EVT-5)', async () => {
    const rig = openRig();
    await startWatching(rig);
    await watch(rig, 2_000);
    rig.player.currentTime = 2.3;
    await rig.server.settle();
    await rig.clock.advance(400);
    await rig.server.settle();
    expect(events(rig)).toEqual(['START']);
  });

  it('before the start do not count as the viewer’s choice', async () => {
    const rig = openRig();
    const { ready } = rig.client.attach(rig.player, { playableId: 'mov_1', resume: 60_000 });
    rig.player.currentTime = 0.1;
    await ready;
    await rig.server.settle();
    expect(rig.player.currentTime).toBe(60);
  });
});
