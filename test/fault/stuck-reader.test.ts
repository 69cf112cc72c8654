import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type StuckReader, stuckOverEvents, stuckOverSocket } from '../gateway/stuck-readers.ts';
import { hasRedisServer } from '../support/redis-server.ts';
import { LiveWorld } from './live-world.ts';
import { measurable, memoryMbOf } from './memory.ts';
import { SteadyDevice } from './steady-device.ts';

const changes = 10_000;
const otherTitles = ['mov_big_buck_bunny', 'mov_tears_of_steel', 'a', 'b', 'c', 'd', 'e'];
/** Of each kind: what one costs would drown in the noise. Unbounded they hold 49 MB, bounded 5 to 14. */
const stuckLength = 2;
/** All of them together; the goal is 20 MB for each. */
const memoryMbMax = 30;
/** How often memory is looked at while the changes pass. */
const looks = 5;

/** So many times all there is about a playhead: the system itself buffers some MB for a connection. */
const copies = 8;
const fields = `playableId version positionMs durationMs status hidden progress resumePositionMs
  resumeReason device { id kind name } freshness { source degraded } updatedAt`;
const playheads = Array.from(
  { length: copies },
  (_, copy) => `copy${copy}: playheads { ${fields} }`,
);
const query = `subscription { playheadUpdates { kind ${playheads.join(' ')} } }`;

/** Minutes on a machine that does other things as well; a fraction of one on a quiet one. */
jest.setTimeout(600_000);

const describeHere = (await hasRedisServer()) ? describe : describe.skip;

// What breaks: viewers whose connections stay open and who read nothing, as a phone in a tunnel.
// How: four of them, sockets and event streams, while a household makes 10,000 changes.
// What must hold: they cost gateway and playback next to nothing, and nobody else anything.
describeHere('readers that stop reading', () => {
  let world: LiveWorld;
  const stuck: StuckReader[] = [];
  beforeAll(async () => {
    const envOf = { gateway: measurable, playback: measurable };
    world = await LiveWorld.open({ profiles: 1, watchers: 2, envOf });
    await world.watch();
  });
  afterAll(async () => {
    for (const reader of stuck) reader.close();
    await world.close();
  });

  it('hold less than 30 MB together while 10,000 changes pass them, and the others read on', async () => {
    const token = await world.token('viewer-0');
    const devices = await Promise.all(
      otherTitles.map(async (playableId) => {
        const device = new SteadyDevice({ url: world.playback.graphqlUrl, token });
        await device.begin(playableId);
        return device;
      }),
    );
    let positionMs = 0;
    const change = async (rounds: number) => {
      for (let round = 0; round < rounds; round += 1) {
        positionMs += 1_000;
        await Promise.all([world.reportAll(), ...devices.map((device) => device.seek(positionMs))]);
      }
    };
    const inUse = async () => [await memoryMbOf(world.gateway), await memoryMbOf(world.playback)];
    const rounds = changes / (devices.length + 1);
    // Warm: what a process loads and compiles once is no reader's cost.
    await change(rounds / looks);
    await world.level();
    const before = await inUse();
    const asking = { url: world.gateway.graphqlUrl, token, query };
    for (let count = 0; count < stuckLength; count += 1) {
      stuck.push(await stuckOverSocket(asking), await stuckOverEvents(asking));
    }
    const costs: number[] = [];
    for (let look = 0; look < looks; look += 1) {
      await change(rounds / looks);
      const now = await inUse();
      costs.push(now.reduce((sum, mb, index) => sum + mb - (before[index] ?? 0), 0));
      await world.level();
    }
    const cost = `${Math.max(...costs).toFixed(1)} MB (at most ${memoryMbMax})`;
    process.stdout.write(`promise: ${stuck.length} readers that stopped cost ${cost}\n`);
    expect(Math.max(...costs)).toBeLessThan(memoryMbMax);
  });
});
