import { expect, it } from '@jest/globals';
import type { LaneGraph } from '../../gateway/lane-decision.ts';
import { LaneRefresh } from '../../gateway/lane-refresh.ts';
import type { LaneUpstream } from '../../gateway/lane-upstream.ts';
import { systemClock } from '../../runtime/clock.ts';
import { createLog } from '../../runtime/log.ts';

it.each(['', 'null', '[]', '{"data":null}', '{"data":{"_service":{}}}'])(
  'decides nothing by what answers %j for its SDL, and goes on with the others',
  async (body) => {
    const upstream = (answer: string): LaneUpstream => ({
      ask: async () => ({ kind: 'answered', body: answer }),
      ...{ generation: 1, isReady: true, close: async () => {} },
    });
    const sdl = 'type Query { a: Int }';
    const known = JSON.stringify({ data: { _service: { sdl } } });
    const upstreams = new Map([
      ['odd', upstream(body)],
      ['good', upstream(known)],
    ]);
    let sdls: ReadonlyMap<string, string> | undefined;
    const refresh = new LaneRefresh({
      upstreams: () => upstreams,
      build(given) {
        sdls = given;
        return {} as LaneGraph;
      },
      use: () => {},
      clock: systemClock,
      log: createLog({ level: 'silent', part: 'test' }),
    });
    await refresh.open();
    refresh.close();
    expect(sdls).toEqual(new Map([['good', sdl]]));
  },
);
