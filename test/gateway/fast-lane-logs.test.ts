import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { PlatformError } from '../../domain/errors.ts';
import { until } from '../support/until.ts';
import { forwarded, untilForwarded } from './lane-waits.ts';
import type { Relay } from './relay.ts';
import { openToyGateway, shapes, type ToyGateway } from './toy-gateway.ts';
import type { Toys } from './toy-subgraphs.ts';

const query = '{ viewer { playhead(playableId: "mov_1") { positionMs } } }';
const upstreamTimeoutMs = 500;
/** A timer counts whole milliseconds of its loop's clock. */
const earlyMsMax = 20;

/** What a gateway and its subgraphs have logged. */
class KeptLog {
  readonly #lines: string[] = [];
  readonly log = pino({ level: 'info' }, { write: (line) => void this.#lines.push(line) });

  /** Since the last look: of each line what does not depend on the moment. */
  take(): object[] {
    return this.#lines.splice(0).map((line) => {
      const { time, pid, hostname, requestId, err, durationMs, ...rest } = JSON.parse(line);
      const took = durationMs >= upstreamTimeoutMs - earlyMsMax ? 'too long' : typeof durationMs;
      return { ...rest, took, hasId: requestId !== undefined, message: err?.message };
    });
  }
}

// What breaks: a subgraph, behind an operation that the lane forwards.
// How: it answers nothing; it fails at something that nobody foresaw; it takes too long; it refuses in its own words;
// its connection is cut while it is asked.
// What must hold: the log has the same lines as of the normal lane, neither fewer nor twice.
describe.each(shapes)('the log of the fast lane is that of the normal lane, %s', (shape) => {
  const kept = { fast: new KeptLog(), normal: new KeptLog() };
  let fast: ToyGateway;
  let normal: ToyGateway;
  beforeAll(async () => {
    fast = await openToyGateway(shape, { upstreamTimeoutMs, log: kept.fast.log });
    normal = await openToyGateway(shape, {
      ...{ upstreamTimeoutMs, lane: 'off', log: kept.normal.log },
    });
  });
  afterEach(() => {
    for (const { toys } of [fast, normal]) {
      toys.down.clear();
      toys.held.clear();
      toys.fault = undefined;
    }
  });
  afterAll(async () => {
    await fast?.close();
    await normal?.close();
  });

  const never = new Promise<void>(() => {});
  const breaks: Record<string, (toys: Toys, relay: Relay | undefined) => void> = {
    'does not answer': (toys) => void toys.down.add('playback'),
    'takes too long': (toys) => void toys.held.set('playback', never),
    'meets what nobody foresaw': (toys) => {
      toys.fault = new Error('Bug.');
    },
    'refuses in words of its own': (toys) => {
      toys.fault = new PlatformError('No store.', { code: 'STATE_UNAVAILABLE' });
    },
    'is well': () => {},
    'loses what it was asked': (toys, relay) => {
      // In one process nothing is between them.
      if (relay === undefined) return;
      toys.held.set('playback', never);
      const { playback: before } = toys.fetches;
      void until(() => toys.fetches.playback > before, { what: 'it is asked' }).then(relay.cut);
    },
  };
  const logged = new Set(['does not answer', 'takes too long', 'meets what nobody foresaw']);
  if (shape === 'split') logged.add('loses what it was asked');
  it.each(Object.keys(breaks))('when a subgraph %s', async (what) => {
    await untilForwarded(fast, { query });
    for (const each of Object.values(kept)) each.take();
    const before = await forwarded(fast);
    for (const gateway of [fast, normal]) {
      breaks[what]?.(gateway.toys, gateway.relay);
      await gateway.ask(query, { profileId: 'alice' });
    }
    expect(await forwarded(fast)).toBe(before + 1);
    const lines = kept.fast.take();
    expect(lines).toEqual(kept.normal.take());
    expect(lines.length > 0).toBe(logged.has(what));
  });

  // What breaks: nothing was said of the subgraph for which clients are told TIMEOUT.
  // How: it holds an operation that the lane forwards, and one that the lane has not met.
  // What must hold: one line each, which says who was asked for what and how long.
  it('names a subgraph that takes too long', async () => {
    await untilForwarded(fast, { query });
    for (const gateway of [fast, normal]) gateway.toys.held.set('playback', never);
    const line = {
      ...{ level: 40, subgraph: 'playback', code: 'TIMEOUT', took: 'too long', hasId: false },
      msg: 'subgraph gave no answer',
    };
    for (const [lane, gateway] of Object.entries({ fast, normal })) {
      const log = kept[lane as keyof typeof kept];
      log.take();
      await gateway.ask(query, { profileId: 'alice' });
      expect(log.take()).toEqual([{ ...line, operation: 'query' }]);
      await gateway.ask('mutation named { forgetAllPlayheads { forgottenAt } }', {
        profileId: 'alice',
      });
      expect(log.take()).toEqual([{ ...line, operation: 'mutation' }]);
    }
  });
});
