import { describe, expect, it } from '@jest/globals';
import { FakeBrowser } from './fake-browser.ts';
import { playhead, versionAt } from './fake-server.ts';
import { openRig, type Rig, startWatching, watch } from './rig.ts';

async function openTab(browser: FakeBrowser, name: string): Promise<Rig> {
  let made = 0;
  const newId = () => {
    made += 1;
    return `${name}-${made}`;
  };
  const rig = openRig(
    {
      profile: 'ada',
      tabs: browser.portOf(name),
      outbox: browser.outbox,
      auth: () => name,
      chance: { random: () => 0.5, newId },
    },
    { storage: browser.storage },
  );
  await rig.server.settle();
  return rig;
}

describe('two devices on one page', () => {
  it('do not share: each sends for itself', async () => {
    const browser = new FakeBrowser();
    await openTab(browser, 'tv');
    browser.storage.set('playhead/device-id', 'phone');
    const phone = await openTab(browser, 'phone');
    await startWatching(phone);
    expect(phone.server.heartbeats.map(({ event }) => event)).toEqual(['START']);
  });
});

describe('a page that leads', () => {
  it('sends the heartbeats of the others, and they hear the answer', async () => {
    const browser = new FakeBrowser();
    const leader = await openTab(browser, 'leader');
    const other = await openTab(browser, 'other');
    await startWatching(other);
    expect(other.server.heartbeats).toEqual([]);
    expect(leader.server.heartbeats.map(({ event }) => event)).toEqual(['START']);
    expect(other.client.live.getSnapshot().get('mov_1')?.version).toBe(versionAt(1_000_000));
  });

  it('is passed by when it does not say within a second that it took a heartbeat', async () => {
    const browser = new FakeBrowser();
    await openTab(browser, 'leader');
    const other = await openTab(browser, 'other');
    await startWatching(other);
    browser.asleep.add('leader');
    other.player.pause();
    await other.clock.advance(999);
    expect(other.server.heartbeats).toEqual([]);
    await other.clock.advance(1);
    await other.server.settle();
    expect(other.server.heartbeats.map(({ event }) => event)).toEqual(['PAUSE']);
    expect(other.told.problems).toEqual([]);
  });

  it('leaves the lead to the next one when it goes out of sight, or closes', async () => {
    for (const leave of ['hidden', 'ended'] as const) {
      const browser = new FakeBrowser();
      const leader = await openTab(browser, 'leader');
      const other = await openTab(browser, 'other');
      leader.page.happens(leave);
      await leader.server.settle();
      await startWatching(other);
      expect(leader.server.heartbeats).toEqual([]);
      expect(other.server.heartbeats.map(({ event }) => event)).toEqual(['START']);
      // Back in sight it follows: its heartbeats go by way of the other.
      leader.page.happens('visible');
      await leader.server.settle();
      await startWatching(leader);
      expect(leader.server.heartbeats).toEqual([]);
      expect(other.server.heartbeats.map(({ event }) => event)).toEqual(['START', 'START']);
    }
  });

  it('tells the others what the server answers it', async () => {
    const browser = new FakeBrowser();
    const leader = await openTab(browser, 'leader');
    const other = await openTab(browser, 'other');
    const held = playhead({ positionMs: 42_000 });
    leader.server.on('PlayheadOf', () => ({ data: { viewer: { playhead: held } } }));
    await leader.client.resume('mov_1');
    await leader.server.settle();
    expect(other.client.live.getSnapshot().get('mov_1')).toEqual(held);
  });

  it('lets go of everything when it closes', async () => {
    const browser = new FakeBrowser();
    const leader = await openTab(browser, 'leader');
    await startWatching(leader);
    await watch(leader, 1_000);
    const closing = leader.client.close();
    await leader.server.settle();
    await closing;
    expect(leader.page.listeners).toBe(0);
    expect(leader.clock.pending).toBe(0);
  });
});

describe('what waits in a page that dies', () => {
  // What breaks: a page that does not lead, with a pause waiting.
  // How: its requests fail, its locks are freed, and it says nothing. When it was opened, its request for
  // a lock came later than its greeting.
  // What must hold: the page that leads sends the pause, without being shown or opened again.
  it('is sent by the page that leads', async () => {
    const browser = new FakeBrowser();
    const leader = await openTab(browser, 'leader');
    browser.lockTurns.set('other', 5);
    const other = await openTab(browser, 'other');
    await startWatching(other);
    leader.server.on('RecordHeartbeats', () => 'unreachable');
    other.player.pause();
    await other.server.settle();
    expect(browser.outbox.records.size).toBe(1);
    leader.server.restore('RecordHeartbeats');
    await browser.die('other');
    await leader.server.settle();
    expect(leader.server.heartbeats.at(-1)?.event).toBe('PAUSE');
    expect(browser.outbox.records.size).toBe(0);
  });

  it('is sent by the page that leads next, when it was the one that led', async () => {
    const browser = new FakeBrowser();
    const leader = await openTab(browser, 'leader');
    const other = await openTab(browser, 'other');
    await startWatching(leader);
    leader.server.on('RecordHeartbeats', () => 'unreachable');
    leader.player.pause();
    await leader.server.settle();
    browser.lockTurns.set('leader', 5);
    await browser.die('leader');
    await other.server.settle();
    expect(other.server.heartbeats.map(({ event }) => event)).toEqual(['PAUSE']);
    expect(browser.outbox.records.size).toBe(0);
  });

  it('is left to a page that lives, however short', async () => {
    const browser = new FakeBrowser();
    const leader = await openTab(browser, 'leader');
    browser.lockTurns.set('other', 40);
    const other = await openTab(browser, 'other');
    other.server.on('RecordHeartbeats', () => 'unreachable');
    await startWatching(other);
    leader.page.happens('online');
    await leader.server.settle();
    expect(other.server.heartbeats).toMatchObject([{ event: 'START' }]);
    expect(leader.server.heartbeats).toEqual([]);
  });

  it('is sent by whoever leads, although another page waits for the end of it too', async () => {
    const browser = new FakeBrowser();
    const first = await openTab(browser, 'first');
    const second = await openTab(browser, 'second');
    const third = await openTab(browser, 'third');
    await startWatching(third);
    first.server.on('RecordHeartbeats', () => 'unreachable');
    second.server.on('RecordHeartbeats', () => 'unreachable');
    third.player.pause();
    await third.server.settle();
    // Both have led, and have seen that the third lives and has something waiting.
    first.page.happens('visible');
    await first.server.settle();
    first.page.happens('hidden');
    await first.server.settle();
    second.server.restore('RecordHeartbeats');
    await browser.die('third');
    await second.server.settle();
    expect(second.server.heartbeats.at(-1)?.event).toBe('PAUSE');
    expect(browser.outbox.records.size).toBe(0);
  });
});
