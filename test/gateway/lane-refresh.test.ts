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
  beforeEach(() => {
    asked = [];
    clock = new ManualClock();
    graph = undefined;
    built = [];
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
});
