import { describe, expect, it } from '@jest/globals';
import type { Heartbeat, KeptPlayback, OutboxStore } from '../../client/index.ts';
import { openIndexedDbOutbox } from '../../client/outbox-indexed-db.ts';
import { keptAgeMsMax, OutboxKeeper } from '../../client/outbox-keeper.ts';
import { MemoryOutboxStore } from './memory-outbox-store.ts';
import { openRig, type Rig, startWatching, watch } from './rig.ts';

const profile = 'ada';

/** A page over `store`; the one before it is dead by then. `ids` keeps the ids of two pages apart. */
function openPage(store: OutboxStore, ids: string, parts: Partial<Rig> = {}) {
  let made = 0;
  const newId = () => {
    made += 1;
    return `${ids}-${made}`;
  };
  return openRig({ profile, outbox: store, chance: { random: () => 0.5, newId } }, parts);
}

const kept = (over: Partial<KeptPlayback> = {}): KeptPlayback => ({
  key: 'k',
  page: 'gone',
  sessionId: 's',
  session: 'token of s',
  wallOriginMs: 0,
  subject: { playableId: 'mov_1', basedOn: null },
  heartbeats: [heartbeat(0, 'PAUSE')],
  ...over,
});
const heartbeat = (sequence: number, event: Heartbeat['event']): Heartbeat => ({
  sequence,
  event,
  elapsedMs: sequence * 10,
  positionMs: sequence,
});

/** What a keeper hands out of a store, and what it tells. */
async function drained(store: OutboxStore, wallMs = 0) {
  const sent: KeptPlayback[] = [];
  const { keeper, problems } = keeperOf(store, wallMs);
  await keeper.drain(async (each) => {
    sent.push(each);
  });
  return { sent, problems };
}

function keeperOf(store: OutboxStore, wallMs = 0) {
  const problems: string[] = [];
  const keeper = new OutboxKeeper({
    store,
    clock: { monotonicMs: () => 0, wallMs: () => wallMs, after: () => () => {} },
    lock: { page: 'here', isAlive: async (page) => page === 'alive', whenGone: () => () => {} },
    hasLeft() {},
    problem: ({ code, message }) => problems.push(`${code} ${message}`),
  });
  return { keeper, problems };
}

describe('what waits when a page dies', () => {
  it('is sent by the next page, in order, with the session it had', async () => {
    const store = new MemoryOutboxStore();
    const dead = openPage(store, 'dead');
    await startWatching(dead);
    dead.server.on('RecordHeartbeats', () => 'unreachable');
    await watch(dead, 6_000);
    dead.player.pause();
    await dead.server.settle();

    const next = openPage(store, 'next');
    await next.server.settle();
    const [request] = next.server.of('RecordHeartbeats');
    expect(next.server.of('BeginSession')).toEqual([]);
    expect(request?.variables.input.session).toBe(
      dead.server.of('RecordHeartbeats')[0]?.variables.input.session,
    );
    expect(next.server.heartbeats).toMatchObject([
      { sequence: 1, event: 'HEARTBEAT', elapsedMs: 5_000, positionMs: 5_000 },
      { sequence: 2, event: 'PAUSE', elapsedMs: 6_000, positionMs: 6_000 },
    ]);
    expect(store.records.size).toBe(0);
  });

  it('is begun first if it never was, with the time that has passed since', async () => {
    const store = new MemoryOutboxStore();
    const dead = openPage(store, 'dead');
    dead.server.on('BeginSession', () => 'unreachable');
    await startWatching(dead);
    await watch(dead, 4_000);
    dead.player.pause();
    await dead.server.settle();

    dead.clock.sleep(3_600_000);
    const next = openPage(store, 'next', { clock: dead.clock });
    await next.server.settle();
    const [begun] = next.server.of('BeginSession');
    expect(begun?.variables.input).toMatchObject({
      playableId: 'mov_1',
      sessionId: dead.server.of('BeginSession')[0]?.variables.input.sessionId,
      elapsedMs: 3_604_000,
    });
    expect(next.server.heartbeats.map(({ event }) => event)).toEqual(['START', 'PAUSE']);
  });

  it('stays until the server has it, retried with a back-off', async () => {
    const store = new MemoryOutboxStore();
    await store.write(new Map([['k', kept({ wallOriginMs: Date.UTC(2026, 2, 1, 11) })]]));
    const next = openPage(store, 'next');
    next.server.on('RecordHeartbeats', () => 'unreachable');
    await next.server.settle();
    expect(store.records.size).toBe(1);
    next.server.restore('RecordHeartbeats');
    await next.clock.advance(1_000);
    await next.server.settle();
    expect(next.server.heartbeats.map(({ event }) => event)).toEqual(['PAUSE', 'PAUSE']);
    expect(store.records.size).toBe(0);
  });

  it('is nothing when all was stored', async () => {
    const store = new MemoryOutboxStore();
    const rig = openPage(store, 'only');
    const attachment = await startWatching(rig);
    await watch(rig, 11_000);
    attachment.detach();
    await rig.server.settle();
    expect(store.records.size).toBe(0);
    await rig.client.close();
    expect(rig.clock.pending).toBe(0);
  });

  it('is left to another page that is still alive', async () => {
    const store = new MemoryOutboxStore();
    await store.write(new Map([['k', kept({ page: 'alive' })]]));
    expect((await drained(store)).sent).toEqual([]);
    expect(store.records.size).toBe(1);
  });

  it('is looked for once more when a page dies while another’s is being sent', async () => {
    const store = new MemoryOutboxStore();
    await store.write(new Map([['first', kept({ key: 'first' })]]));
    const { keeper } = keeperOf(store);
    const sent: string[] = [];
    const send = async ({ key }: KeptPlayback) => {
      sent.push(key);
      if (key === 'second') return;
      await store.write(new Map([['second', kept({ key: 'second' })]]));
      void keeper.drain(send);
      keeper.save('first', null);
    };
    await keeper.drain(send);
    expect(sent).toEqual(['first', 'second']);
  });

  it('is not kept without the name of a profile: another one may sign in', async () => {
    const store = new MemoryOutboxStore();
    const rig = openRig({ outbox: store });
    rig.server.on('RecordHeartbeats', () => 'unreachable');
    await startWatching(rig);
    expect(store.records.size).toBe(0);
  });
});

describe('the limits of what is kept', () => {
  it('are 500 heartbeats, of which the oldest plain ones go first', async () => {
    const store = new MemoryOutboxStore();
    const of = (key: string, event: Heartbeat['event'], count: number) => {
      const heartbeats = Array.from({ length: count }, (_, index) => heartbeat(index, event));
      return kept({ key, heartbeats, wallOriginMs: key === 'plain' ? 1_000_000 : 0 });
    };
    const both = [of('acts', 'SEEK', 490), of('plain', 'HEARTBEAT', 30)];
    await store.write(new Map(both.map((each) => [each.key, each])));
    const { sent } = await drained(store, 2_000_000);
    expect(sent.map(({ key, heartbeats }) => [key, heartbeats.length])).toEqual([
      ['acts', 490],
      ['plain', 10],
    ]);
    expect(sent[1]?.heartbeats[0]?.sequence).toBe(20);
  });

  it('are 30 days: the server takes nothing older', async () => {
    const store = new MemoryOutboxStore();
    const heartbeats = [heartbeat(0, 'PAUSE'), heartbeat(1, 'SEEK')];
    await store.write(new Map([['k', kept({ heartbeats })]]));
    expect((await drained(store, keptAgeMsMax + 5)).sent).toMatchObject([
      { heartbeats: [{ event: 'SEEK' }] },
    ]);
    expect((await drained(store, keptAgeMsMax + 11)).sent).toEqual([]);
    expect(store.records.size).toBe(0);
  });
});

describe('an outbox that cannot be read', () => {
  it('loses the damaged entries alone, and says how many', async () => {
    const store = new MemoryOutboxStore();
    const half = { sequence: 7, event: 'SEEK' } as Heartbeat;
    await store.write(
      new Map([['good', kept({ key: 'good', heartbeats: [heartbeat(0, 'PAUSE'), half] })]]),
    );
    store.records.set('text', 'not a playback');
    store.records.set('bad sector', new Error('cannot be read'));
    store.records.set('cut off', { ...kept(), session: 5 });
    const { sent, problems } = await drained(store);
    expect(sent).toMatchObject([{ key: 'good', heartbeats: [{ event: 'PAUSE' }] }]);
    expect(problems).toEqual(['OUTBOX_UNREADABLE Left out of the outbox, as unreadable: 4.']);
    expect([...store.records.keys()]).toEqual(['good']);
  });

  it('changes nothing for the player, and is told once', async () => {
    const store = new MemoryOutboxStore();
    store.isBroken = true;
    const rig = openPage(store, 'only');
    await startWatching(rig);
    await watch(rig, 11_000);
    expect(rig.told.problems).toEqual(['OUTBOX_UNAVAILABLE']);
    expect(rig.server.heartbeats.map(({ event }) => event)).toEqual([
      'START',
      'HEARTBEAT',
      'HEARTBEAT',
    ]);
  });

  it('is not deleted when the browser refuses it, or a newer release wrote it', async () => {
    for (const name of ['SecurityError', 'VersionError']) {
      const deleted: string[] = [];
      const factory = {
        open() {
          throw new DOMException('refused', name);
        },
        deleteDatabase: (database: string) => deleted.push(database),
      } as unknown as IDBFactory;
      await expect(openIndexedDbOutbox(factory, profile)).rejects.toThrow('refused');
      expect(deleted).toEqual([]);
    }
  });
});
