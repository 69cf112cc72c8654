import { describe, expect, it } from '@jest/globals';
import type { LaneUpstream } from '../../gateway/lane-upstream.ts';
import { openOwnUpstream } from '../../gateway/own-upstream.ts';
import { systemClock } from '../../runtime/clock.ts';
import { readConfig } from '../../runtime/config.ts';
import { createLog } from '../../runtime/log.ts';
import { identityKeys, openStatementSigner } from '../../runtime/signed-identity.ts';
import { closedAfterEach } from '../support/closed-after-each.ts';
import { until } from '../support/until.ts';
import { FramedSubgraph, identityKey, laneRequest, resultOf } from './framed-subgraph.ts';

const frames = 'playhead_frame_connections';
const answered = 'playhead_frame_requests_total{outcome="answered"}';

describe('one of our own subgraphs', () => {
  const closing = closedAfterEach();

  const upstreamOf = async (url: string): Promise<LaneUpstream> => {
    const config = readConfig({ IDENTITY_KEY: identityKey });
    return closing(
      openOwnUpstream({
        url,
        keys: await identityKeys(config),
        signer: await openStatementSigner(config, systemClock),
        clock: systemClock,
        log: createLog({ level: 'silent', part: 'test' }),
        random: Math.random,
      }),
    );
  };
  const asks = async (upstream: LaneUpstream) =>
    resultOf(await upstream.ask(laneRequest('{ echo(text: "here") }')));
  const echoed = { data: { echo: 'here' } };

  it('is asked over HTTP where the framed channel ends, as what may be another release', async () => {
    const subgraph = closing(await FramedSubgraph.open());
    const upstream = await upstreamOf(subgraph.url);
    const isOpen = async () => (await subgraph.measured(frames)) === 2;
    await until(isOpen, { what: 'both connections' });
    await until(async () => (await asks(upstream)) && (await subgraph.measured(answered)) > 0, {
      what: 'an answer by frames',
    });
    const { generation } = upstream;
    expect(await asks(upstream)).toEqual(echoed);
    expect(upstream.generation).toBe(generation);
    const byFrames = await subgraph.measured(answered);
    subgraph.retire();
    await until(() => upstream.generation > generation, { what: 'another generation' });
    expect(await asks(upstream)).toEqual(echoed);
    expect(await subgraph.measured(answered)).toBe(byFrames);
  });
});
