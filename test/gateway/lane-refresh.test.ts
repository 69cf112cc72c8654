import { beforeEach, describe, expect, it } from '@jest/globals';
import type { LaneGraph } from '../../gateway/lane-decision.ts';
import { LaneRefresh } from '../../gateway/lane-refresh.ts';
import type { LaneUpstream } from '../../gateway/lane-upstream.ts';
import { createLog } from '../../runtime/log.ts';
import { ManualClock } from '../support/manual-clock.ts';

const sdl = 'type Query { a: Int }';
const known = JSON.stringify({ data: { _service: { sdl } } });
const looksMs = 2_500;

describe('what the lane decides by', () => {
  let asked: string[];
  let clock: ManualClock;
  let graph: LaneGraph | undefined;
  let built: ReadonlyMap<string, string>[];
  let chance: number;
  beforeEach(() => {
    asked = [];
    clock = new ManualClock();
    graph = undefined;
    built = [];
    chance = 0;
  });

  const upstream = (name: string, body: string): [string, LaneUpstream] => [
    name,
    {
      async ask() {
        asked.push(name);
        return { kind: 'answered', body };
      },
      ...{ generation: 1, isReady: true, close: async () => {} },
    },
  ];
  const refreshOf = (upstreams: ReadonlyMap<string, LaneUpstream>, build = () => ({})) =>
    new LaneRefresh({
      upstreams: () => upstreams,
      build(sdls) {
        built.push(sdls);
        return build() as LaneGraph;
      },
      use: (used) => {
        graph = used;
      },
      clock,
      log: createLog({ level: 'silent', part: 'test' }),
      random: () => chance,
    });

  it.each(['', 'null', '[]', '{"data":null}', '{"data":{"_service":{}}}'])(
    'holds nothing of a subgraph that answers %j for its SDL, which costs the others nothing',
    async (body) => {
      const refresh = refreshOf(new Map([upstream('odd', body), upstream('good', known)]));
      await refresh.open();
      await clock.advance(looksMs);
      refresh.close();
      expect(built).toEqual([new Map([['good', sdl]])]);
      expect(asked.filter((name) => name === 'good')).toHaveLength(1);
      expect(asked.filter((name) => name === 'odd').length).toBeGreaterThan(2);
      expect(clock.pending).toBe(0);
    },
  );

  it('is nothing where nothing can be made of it, which is tried once', async () => {
    const refresh = refreshOf(new Map([upstream('good', known), upstream('odd', '')]), () => {
      throw new Error('No graph.');
    });
    await refresh.open();
    await clock.advance(looksMs);
    refresh.close();
    expect(built).toHaveLength(1);
    expect(graph).toBeUndefined();
  });

  // What breaks: a subgraph is away for a minute.
  // What must hold: it is asked about once a second, never later than 1.5 s after a repair, and at once when what
  // reaches it says that it may be back.
  it.each([
    [0, 1_000],
    [0.9, 1_500],
  ])('is asked for again in peace, by a chance of %d every %d ms', async (given, everyMs) => {
    chance = given;
    const away: [string, LaneUpstream] = upstream('away', '');
    const refresh = refreshOf(new Map([away]));
    await refresh.open();
    await clock.advance(25_000);
    const { length } = asked;
    expect(length).toBeLessThanOrEqual(25_000 / everyMs + 3);
    await clock.advance(everyMs);
    expect(asked).toHaveLength(length + 1);
    Object.assign(away[1], { generation: 2 });
    await clock.advance(500);
    expect(asked).toHaveLength(length + 2);
    refresh.close();
  });
});
