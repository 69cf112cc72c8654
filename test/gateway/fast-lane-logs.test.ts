import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { PlatformError } from '../../domain/errors.ts';
import { forwarded, untilForwarded } from './lane-waits.ts';
import { openToyGateway, shapes, type ToyGateway } from './toy-gateway.ts';
import type { Toys } from './toy-subgraphs.ts';

const query = '{ viewer { playhead(playableId: "mov_1") { positionMs } } }';

/** What a gateway and its subgraphs have logged. */
class KeptLog {
  readonly #lines: string[] = [];
  readonly log = pino({ level: 'info' }, { write: (line) => void this.#lines.push(line) });

  /** Since the last look: of each line what does not depend on the moment, or on what the runtime calls it. */
  take(): object[] {
    return this.#lines.splice(0).map((line) => {
      const { level, msg, subgraph, requestId, err } = JSON.parse(line);
      return { level, msg, subgraph, hasId: requestId !== undefined, message: err?.message };
    });
  }
}

// What breaks: a subgraph, behind an operation that the lane forwards.
// How: it answers nothing; it fails at something that nobody foresaw; it takes too long; it refuses in its own words.
// What must hold: the log has the same lines as of the normal lane, neither fewer nor twice.
describe.each(shapes)('the log of the fast lane is that of the normal lane, %s', (shape) => {
  const kept = { fast: new KeptLog(), normal: new KeptLog() };
  let fast: ToyGateway;
  let normal: ToyGateway;
  beforeAll(async () => {
    const upstreamTimeoutMs = 500;
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
  const breaks: Record<string, (toys: Toys) => void> = {
    'does not answer': (toys) => void toys.down.add('playback'),
    'takes too long': (toys) => void toys.held.set('playback', never),
    'meets what nobody foresaw': (toys) => {
      toys.fault = new Error('Bug.');
    },
    'refuses in words of its own': (toys) => {
      toys.fault = new PlatformError('No store.', { code: 'STATE_UNAVAILABLE' });
    },
    'is well': () => {},
  };
  const logged = new Set(['does not answer', 'meets what nobody foresaw']);
  it.each(Object.keys(breaks))('when a subgraph %s', async (what) => {
    await untilForwarded(fast, { query });
    for (const { toys } of [fast, normal]) breaks[what]?.(toys);
    for (const each of Object.values(kept)) each.take();
    const before = await forwarded(fast);
    for (const gateway of [fast, normal]) await gateway.ask(query, { profileId: 'alice' });
    expect(await forwarded(fast)).toBe(before + 1);
    const lines = kept.fast.take();
    expect(lines).toEqual(kept.normal.take());
    expect(lines.length > 0).toBe(logged.has(what));
  });
});
