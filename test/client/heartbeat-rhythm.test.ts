import { describe, expect, it } from '@jest/globals';
import { recorded } from './fake-server.ts';
import { openRig, type Rig, startWatching, watch } from './rig.ts';

const plain = ({ server }: Rig) =>
  server.heartbeats
    .filter(({ event }) => event === 'HEARTBEAT')
    .map(({ positionMs }) => positionMs);
const pings = ({ server }: Rig) =>
  server.heartbeats.filter(({ event }) => event === 'PING').map(({ elapsedMs }) => elapsedMs);

describe('the rhythm of heartbeats', () => {
  it('is one for each 5 s of play (HB-1)', async () => {
    const rig = openRig();
    await startWatching(rig);
    await watch(rig, 20_000);
    expect(plain(rig)).toEqual([5_000, 10_000, 15_000, 20_000]);
  });

  it.each([
    [0, 4_500],
    [0.999_999, 5_500],
  ])('jitters by a tenth: at %d of the range after %d ms (HB-1)', async (drawn, expectedMs) => {
    const chance = { random: () => drawn, newId: () => 'id' };
    const rig = openRig({ chance });
    await startWatching(rig);
    await watch(rig, 6_000);
    expect(plain(rig)).toEqual([expectedMs]);
  });

  it('counts time that was played: a stall adds none (HB-4)', async () => {
    const rig = openRig();
    await startWatching(rig);
    await watch(rig, 4_000);
    await rig.clock.advance(30_000);
    expect(plain(rig)).toEqual([]);
    await watch(rig, 1_000);
    expect(plain(rig)).toEqual([5_000]);
  });

  it('counts the viewer’s time at double speed', async () => {
    const rig = openRig();
    rig.player.playbackRate = 2;
    await startWatching(rig);
    await watch(rig, 5_000);
    expect(plain(rig)).toEqual([10_000]);
  });

  it('starts again with every other report', async () => {
    const rig = openRig();
    await startWatching(rig);
    await watch(rig, 4_000);
    rig.player.pause();
    rig.player.play();
    await watch(rig, 4_000);
    expect(plain(rig)).toEqual([]);
  });

  it('breaks for a position more than 5 s from where it should be (HB-7)', async () => {
    const rig = openRig();
    await startWatching(rig);
    await watch(rig, 1_000);
    rig.player.jump(4);
    await rig.server.settle();
    expect(plain(rig)).toEqual([]);
    rig.player.jump(30);
    await rig.server.settle();
    expect(plain(rig)).toEqual([30_000]);
  });

  it('is what the server asks for, within reason (HB-2)', async () => {
    const rig = openRig();
    rig.server.on('RecordHeartbeats', () => recorded({ nextHeartbeatInMs: 10_000 }));
    await startWatching(rig);
    await watch(rig, 10_000);
    expect(plain(rig)).toEqual([10_000]);
    rig.server.on('RecordHeartbeats', () => recorded({ nextHeartbeatInMs: 0 }));
    await watch(rig, 10_000);
    rig.server.on('RecordHeartbeats', () => recorded({ nextHeartbeatInMs: 3_600_000 }));
    await watch(rig, 10_000);
    await watch(rig, 60_000);
    expect(plain(rig)).toEqual([10_000, 20_000, 30_000, 90_000]);
  });

  it('is twice as long where data is to be spared, whatever the server asks for', async () => {
    const rig = openRig();
    rig.page.isMetered = () => true;
    await startWatching(rig);
    await watch(rig, 9_750);
    expect(rig.server.heartbeats).toHaveLength(1);
    await watch(rig, 250);
    expect(rig.server.heartbeats).toHaveLength(2);
    rig.server.on('RecordHeartbeats', () => recorded({ nextHeartbeatInMs: 40_000 }));
    await watch(rig, 10_000);
    await watch(rig, 59_750);
    expect(rig.server.heartbeats).toHaveLength(3);
    // A minute at most: the server would count the session as gone.
    await watch(rig, 250);
    expect(rig.server.heartbeats).toHaveLength(4);
    rig.player.pause();
    await rig.server.settle();
    expect(rig.server.heartbeats.at(-1)?.event).toBe('PAUSE');
  });

  it('does not slow down because a pause was answered with the interval of pings (HB-2)', async () => {
    const rig = openRig();
    await startWatching(rig);
    rig.player.pause();
    await rig.server.settle();
    rig.server.on('RecordHeartbeats', () => 'unreachable');
    rig.player.play();
    await rig.server.settle();
    rig.server.restore('RecordHeartbeats');
    await watch(rig, 5_000);
    expect(plain(rig)).toEqual([5_000]);
  });

  it('follows the player, not the last of what was sent together: a seek says nothing (HB-2)', async () => {
    const rig = openRig();
    await startWatching(rig);
    rig.server.on('RecordHeartbeats', () => 'unreachable');
    rig.player.pause();
    await rig.server.settle();
    rig.player.currentTime = 60;
    await rig.server.settle();
    await rig.clock.advance(450);
    rig.server.on('RecordHeartbeats', () => recorded({ nextHeartbeatInMs: 30_000 }));
    rig.page.happens('online');
    await rig.server.settle();
    expect(rig.server.heartbeats.slice(-2).map(({ event }) => event)).toEqual(['PAUSE', 'SEEK']);
    await rig.clock.advance(30_000);
    await rig.server.settle();
    expect(pings(rig)).toHaveLength(1);
    rig.server.on('RecordHeartbeats', () => 'unreachable');
    rig.player.play();
    await watch(rig, 5_000);
    rig.server.restore('RecordHeartbeats');
    rig.page.happens('online');
    await rig.server.settle();
    expect(plain(rig)).toEqual([65_000]);
  });

  it('is a PING each minute while paused, for half an hour (HB-5)', async () => {
    const rig = openRig();
    await startWatching(rig);
    rig.player.pause();
    await rig.clock.advance(3 * 60_000);
    await rig.server.settle();
    expect(pings(rig)).toEqual([60_000, 120_000, 180_000]);
    await rig.clock.advance(60 * 60_000);
    await rig.server.settle();
    expect(pings(rig)).toHaveLength(30);
    expect(plain(rig)).toEqual([]);
  });

  it('ends with the pause: no PING once it plays', async () => {
    const rig = openRig();
    await startWatching(rig);
    rig.player.pause();
    await rig.clock.advance(30_000);
    rig.player.play();
    await watch(rig, 60_000);
    expect(pings(rig)).toEqual([]);
  });

  it('leaves no timer behind when the player is let go', async () => {
    const rig = openRig();
    const attachment = await startWatching(rig);
    rig.player.pause();
    rig.player.currentTime = 30;
    await rig.server.settle();
    attachment.detach();
    await rig.server.settle();
    expect(rig.clock.pending).toBe(0);
  });
});
