import { afterEach, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import type { Transition } from '../../../domain/transition.ts';
import { createLog } from '../../../runtime/log.ts';
import type { AcceptedStream, Refusal } from '../../../stores/accepted-stream.ts';
import { openEmbeddedLeases } from '../../../stores/embedded/lease.ts';
import { openEmbeddedEventStream } from '../../../stores/embedded/stream.ts';
import { openEmbeddedWatchLog } from '../../../stores/embedded/watch-log.ts';
import type { PeerEvents } from '../../../stores/event-copies.ts';
import { EventCopier } from '../../../subgraphs/playback/copy-events.ts';
import { WatchLogKeeper } from '../../../subgraphs/playback/keep-watch-log.ts';
import { addCopyMetrics } from '../../../subgraphs/playback/replication-metrics.ts';
import { Faults, faulty } from '../../support/faulty.ts';
import { ManualClock, noonMs } from '../../support/manual-clock.ts';
import { transition } from '../../support/transitions.ts';

const log = createLog({ level: 'silent', part: 'test' });
/** The profile's own, and others that stay empty. */
const partitions = 1;

let closes: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closes.reverse()) await close();
  closes = [];
});

/** A region's event stream, and whoever copies into it. */
class Region {
  readonly events;
  readonly leases;
  /** Between its processes and its own stream. */
  readonly own = new Faults();
  /** Between others and its stream. */
  readonly link = new Faults();
  /** What its `out` stream says of whose it is; null: it holds nothing. */
  refusal: Refusal | null = null;
  readonly name: string;
  readonly clock: ManualClock;

  constructor(name: string, clock: ManualClock) {
    this.name = name;
    this.clock = clock;
    this.events = openEmbeddedEventStream({ path: ':memory:', partitions, clock });
    this.leases = openEmbeddedLeases({ clock });
    closes.push(() => this.events.close());
  }

  get asPeer(): PeerEvents {
    const stream = faulty(this.events, this.link);
    return {
      region: this.name,
      read: (from) => stream.read(from),
      newest: (partition) => stream.newest(partition),
      close: async () => {},
    };
  }

  get accepted(): AcceptedStream {
    const entry = { offset: '1', appendedAtMs: noonMs };
    return {
      region: this.name,
      read: async () => ({
        entries: this.refusal === null ? [] : [{ ...entry, refusal: this.refusal }],
        hasGap: false,
      }),
      close: async () => {},
    };
  }

  follow(...peers: Region[]): EventCopier {
    const copier = new EventCopier({
      ...{ events: faulty(this.events, this.own), leases: this.leases, clock: this.clock, log },
      peerEvents: peers.map(({ asPeer }) => asPeer),
      peers: peers.map(({ accepted }) => accepted),
      owner: `${this.name} ${closes.length}`,
    });
    closes.push(() => copier.close());
    copier.start();
    return copier;
  }

  tell(...transitions: Transition[]): Promise<void> {
    return this.events.append({ partition: 0, transitions });
  }

  async told(): Promise<Transition[]> {
    const entries = await this.events.read({ partition: 0, after: null, limit: 10_000 });
    return entries.map((entry) => entry.transition);
  }
}

function regions(): { clock: ManualClock; eu: Region; us: Region; ap: Region } {
  const clock = new ManualClock();
  const [eu, us, ap] = ['eu', 'us', 'ap'].map((name) => new Region(name, clock)) as [
    Region,
    Region,
    Region,
  ];
  return { clock, eu, us, ap };
}

const watched = (second: number, of: Partial<Transition> = {}) =>
  transition({ kind: 'PAUSE', occurredAtMs: noonMs + second * 1_000, ...of });

describe('the event stream of a region', () => {
  it('holds what happened in another one, marked with its name, within a second', async () => {
    const { clock, eu, us } = regions();
    us.follow(eu);
    await eu.tell(watched(1), watched(2));
    await clock.advance(1_000);
    expect(await us.told()).toEqual([watched(1, { region: 'eu' }), watched(2, { region: 'eu' })]);
    await eu.tell(watched(3));
    await clock.advance(1_000);
    expect(await us.told()).toHaveLength(3);
  });

  it('tells nothing on that was told to it: nothing goes round in circles', async () => {
    const { clock, eu, us, ap } = regions();
    for (const [to, ...from] of [
      [eu, us, ap],
      [us, ap, eu],
      [ap, eu, us],
    ] as const) {
      to.follow(...from);
    }
    await eu.tell(watched(1));
    await us.tell(watched(2));
    await ap.tell(watched(3));
    await clock.advance(5_000);
    for (const region of [eu, us, ap]) {
      const versions = (await region.told()).map(({ version }) => version);
      expect(versions.sort()).toEqual([1, 2, 3].map((second) => watched(second).version));
    }
  });

  it.each(['region', 'partitions'] as const)(
    'holds nothing of a stream whose owner has another %s, until it is the right one',
    async (refusal) => {
      const { clock, eu, us } = regions();
      eu.refusal = refusal;
      us.follow(eu);
      await eu.tell(watched(1));
      await clock.advance(10_000);
      expect(await us.told()).toEqual([]);
      eu.refusal = null;
      await clock.advance(1_000);
      expect(await us.told()).toEqual([watched(1, { region: 'eu' })]);
    },
  );

  it('leaves what is for the watch log alone, and what nobody can read, where it is', async () => {
    const { clock, eu, us } = regions();
    us.follow(eu);
    await eu.tell(
      watched(1, { kind: 'LATE' }),
      null as unknown as Transition,
      'garbage' as unknown as Transition,
      watched(2),
    );
    await clock.advance(1_000);
    expect(await us.told()).toEqual([watched(2, { region: 'eu' })]);
  });

  it('holds it once, whatever a process missed of an answer or came back to', async () => {
    const { clock, eu, us } = regions();
    us.follow(eu);
    await eu.tell(watched(1));
    us.own.loseAnswers(({ method }) => method === 'copy');
    await clock.advance(2_000);
    expect(us.own.callsOf('copy').length).toBeGreaterThan(0);
    us.own.heal();
    await eu.tell(watched(2));
    await clock.advance(3_000);
    expect(await us.told()).toEqual([watched(1, { region: 'eu' }), watched(2, { region: 'eu' })]);
    // Another process that takes over goes on from where the last one was.
    for (const close of closes.splice(-1)) await close();
    us.follow(eu);
    await eu.tell(watched(3));
    await clock.advance(3_000);
    expect(await us.told()).toHaveLength(3);
  });

  it('goes on with the others while one does not answer, and with that one later', async () => {
    const { clock, eu, us, ap } = regions();
    const copier = us.follow(eu, ap);
    eu.link.fail();
    await eu.tell(watched(1));
    await ap.tell(watched(2));
    await clock.advance(10_000);
    expect(await us.told()).toEqual([watched(2, { region: 'ap' })]);
    const [cutOff, reached] = copier.look();
    expect(cutOff?.lagMs).toBeGreaterThanOrEqual(9_000);
    expect(reached?.lagMs).toBeLessThan(1_000);
    eu.link.heal();
    await clock.advance(2_000);
    expect(await us.told()).toHaveLength(2);
    expect(copier.look()[0]).toMatchObject({ region: 'eu', counts: { copied: 1, gaps: 0 } });
  });

  it('counts what was gone before it could be read, and goes on', async () => {
    const { clock, eu, us } = regions();
    const copier = us.follow(eu);
    await eu.tell(watched(1));
    await clock.advance(1_000);
    eu.link.fail();
    await clock.advance(1_000);
    await eu.tell(watched(2));
    await clock.advance(1_000);
    await eu.events.trim({ beforeMs: clock.nowMs() });
    await eu.tell(watched(3));
    eu.link.heal();
    await clock.advance(3_000);
    expect(await us.told()).toEqual([watched(1, { region: 'eu' }), watched(3, { region: 'eu' })]);
    expect(copier.look()[0]?.counts).toEqual({ copied: 2, gaps: 1 });
  });

  it('counts it once, however long the own stream takes nothing', async () => {
    const { clock, eu, us } = regions();
    const copier = us.follow(eu);
    await eu.tell(watched(1));
    await clock.advance(1_000);
    us.own.fail(({ method }) => method === 'copy');
    await eu.tell(watched(2));
    await clock.advance(1_000);
    await eu.events.trim({ beforeMs: clock.nowMs() });
    await eu.tell(watched(3));
    await clock.advance(10_000);
    expect(copier.look()[0]?.counts).toEqual({ copied: 1, gaps: 1 });
    us.own.heal();
    await clock.advance(3_000);
    expect(copier.look()[0]?.counts).toEqual({ copied: 2, gaps: 1 });
  });

  it('is measured: what was copied, what was gone, and how far behind it is', async () => {
    const { clock, eu, us, ap } = regions();
    const copier = us.follow(eu, ap);
    const registry = new Registry();
    const look = addCopyMetrics(registry, copier);
    const metrics = async () => {
      look();
      return (await registry.metrics()).split('\n').filter((line) => /^playhead.* [^0]/.test(line));
    };
    await eu.tell(watched(1), watched(2));
    await clock.advance(1_000);
    expect(await metrics()).toEqual(['playhead_region_copied_events_total{region="eu"} 2']);
    eu.link.fail();
    await clock.advance(60_000);
    await eu.events.trim({ beforeMs: clock.nowMs() });
    await eu.tell(watched(3));
    expect(await metrics()).toContainEqual(
      expect.stringMatching(/^playhead_region_events_lag_seconds\{region="eu"\} 60/),
    );
    eu.link.heal();
    await clock.advance(2_000);
    expect(await metrics()).toEqual([
      'playhead_region_copied_events_total{region="eu"} 3',
      'playhead_region_event_gaps_total{region="eu"} 1',
    ]);
  });

  it('is no gap where all is read and the stream fell silent', async () => {
    const { clock, eu, us } = regions();
    const copier = us.follow(eu);
    await eu.tell(watched(1));
    await clock.advance(1_000);
    await eu.events.trim({ beforeMs: clock.nowMs() + 1 });
    eu.link.fail();
    await clock.advance(1_000);
    eu.link.heal();
    await clock.advance(3_000);
    expect(copier.look()[0]?.counts).toEqual({ copied: 1, gaps: 0 });
  });
});

describe('the watch log', () => {
  it('is kept where it happened: what was copied is passed over, and is no poison', async () => {
    const { clock, eu, us } = regions();
    us.follow(eu);
    await us.tell(watched(1, { sessionId: 'here' }));
    await eu.tell(watched(2, { sessionId: 'there' }));
    await clock.advance(1_000);
    const watchLog = openEmbeddedWatchLog({ path: ':memory:' });
    const keeper = new WatchLogKeeper({
      ...{ events: us.events, watchLog, clock, log, intervalMs: 30_000 },
    });
    closes.push(
      () => watchLog.close(),
      () => keeper.close(),
    );
    const rows = await keeper.read({ profileId: 'demo' });
    expect(rows.map(({ sessionId }) => sessionId)).toEqual(['here']);
    expect(keeper.counts).toEqual({ kept: 1, poison: 0, failed: 0 });
    expect(await watchLog.offset(0)).toBe(await us.events.newest(0));
  });
});
