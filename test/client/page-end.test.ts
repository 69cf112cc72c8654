import { describe, expect, it } from '@jest/globals';
import { pageEndBodyBytesMax } from '../../client/transport.ts';
import { begun, recorded } from './fake-server.ts';
import { openRig, startWatching, watch } from './rig.ts';

describe('a page that ends', () => {
  it('sends STOP and what waits with it, in one request that outlives the page (END-1)', async () => {
    const rig = openRig();
    await startWatching(rig);
    await watch(rig, 3_000);
    rig.page.happens('ended');
    // Nothing asynchronous runs any more: the request is out already.
    const last = rig.server.seen.at(-1);
    expect(last).toMatchObject({ isKeepalive: true, authorization: 'Bearer token-2' });
    expect(last?.variables.input.heartbeats).toMatchObject([{ event: 'STOP', positionMs: 3_000 }]);
  });

  it('sends again what is in flight: its answer will never be heard (END-2)', async () => {
    const rig = openRig();
    await startWatching(rig);
    rig.server.on('RecordHeartbeats', () => new Promise(() => {}));
    rig.player.pause();
    await rig.server.settle();
    rig.page.happens('ended');
    const { heartbeats } = rig.server.seen.at(-1)?.variables.input ?? {};
    expect(heartbeats.map(({ event }: { event: string }) => event)).toEqual(['PAUSE', 'STOP']);
  });

  it('keeps the request below what browsers let a page send at its end (END-3)', async () => {
    const rig = openRig();
    rig.server.on('BeginSession', () => begun({ session: 'x'.repeat(pageEndBodyBytesMax - 900) }));
    await startWatching(rig);
    rig.server.on('RecordHeartbeats', () => 'unreachable');
    for (let presses = 0; presses < 20; presses += 1) {
      rig.player.pause();
      rig.player.play();
    }
    rig.page.happens('ended');
    const last = rig.server.seen.at(-1);
    expect(last?.isKeepalive).toBe(true);
    expect(JSON.stringify(last?.variables).length).toBeLessThan(pageEndBodyBytesMax);
    expect(last?.variables.input.heartbeats).toMatchObject([{ event: 'STOP' }]);
  });

  it('sends nothing when nothing was played', async () => {
    const rig = openRig();
    await rig.client.attach(rig.player, { playableId: 'mov_1', resume: 'never' }).ready;
    rig.page.happens('ended');
    await rig.server.settle();
    expect(rig.server.seen).toEqual([]);
  });

  it('and comes back from the cache of the browser begins a new session on play (SES-2)', async () => {
    const rig = openRig();
    await startWatching(rig);
    rig.page.happens('ended');
    rig.player.pause();
    await rig.server.settle();
    rig.page.happens('visible');
    rig.player.play();
    await rig.server.settle();
    expect(rig.server.of('BeginSession')).toHaveLength(2);
    expect(rig.server.heartbeats.at(-1)?.event).toBe('START');
  });

  it('tells where it is when it goes out of sight while playing (HB-8)', async () => {
    const rig = openRig();
    await startWatching(rig);
    await watch(rig, 1_000);
    rig.page.happens('hidden');
    await rig.server.settle();
    expect(rig.server.heartbeats.at(-1)).toMatchObject({ event: 'HEARTBEAT', positionMs: 1_000 });
    rig.page.happens('visible');
    rig.player.pause();
    await rig.server.settle();
    rig.page.happens('hidden');
    await rig.server.settle();
    expect(rig.server.heartbeats.at(-1)?.event).toBe('PAUSE');
  });
});

describe('close', () => {
  it('detaches every player and waits until all is sent', async () => {
    const rig = openRig();
    await startWatching(rig);
    const closing = rig.client.close();
    await rig.server.settle();
    await closing;
    expect(rig.server.heartbeats.map(({ event }) => event)).toEqual(['START', 'STOP']);
    expect(rig.page.listeners).toBe(0);
    expect(rig.client.close()).toBe(closing);
  });

  it('does not wait for a server that is gone', async () => {
    const rig = openRig();
    await startWatching(rig);
    rig.server.on('RecordHeartbeats', () => 'unreachable');
    const closing = rig.client.close();
    await rig.clock.advance(2_000);
    await closing;
    rig.server.on('RecordHeartbeats', () => recorded());
  });
});
