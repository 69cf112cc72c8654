import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TestPlayback } from '../../support/playback.ts';

describe('readiness of the playback subgraph', () => {
  let playback: TestPlayback;
  beforeEach(async () => {
    playback = new TestPlayback();
    playback.hot.isDown = true;
    playback.durable.isDown = true;
    await playback.open();
  });
  afterEach(async () => {
    playback.hot.repair();
    playback.durable.repair();
    await playback.close();
  });

  it('is missing while no store has answered since the start', async () => {
    expect(await playback.subgraph.isReady?.()).toBe(false);
  });

  it.each(['hot', 'durable'] as const)('is there with nothing but the %s store', async (tier) => {
    playback[tier].repair();
    // Whoever asked a lost store often is kept from it for a second.
    await playback.clock.advance(1_000);
    expect(await playback.subgraph.isReady?.()).toBe(true);
  });

  it('stays when both are lost later, as they are for every process', async () => {
    playback.durable.repair();
    await playback.clock.advance(1_000);
    expect(await playback.subgraph.isReady?.()).toBe(true);
    playback.durable.isDown = true;
    expect(await playback.subgraph.isReady?.()).toBe(true);
  });
});
