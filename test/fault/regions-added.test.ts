// What breaks: nothing should; an installation of one data centre becomes a region of two while it serves.
// How: the steps of docs/regions.md on real servers, one after the other, while players go on.
// What must hold: the new region answers what was watched before it existed, what is watched in either arrives
// in the other, and whatever was acknowledged meanwhile is served by both.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { readConfig } from '../../runtime/config.ts';
import { mintDevelopmentToken } from '../../runtime/identity.ts';
import { describeWith, ownCassandraWith } from '../support/cassandra.ts';
import type { CassandraNode } from '../support/cassandra-server.ts';
import { type RunningPart, startPlayback } from '../support/product.ts';
import { hasRedisServer, type RedisServer, startRedis } from '../support/redis-server.ts';
import { askGateway, RemoteDevice } from '../support/remote-device.ts';
import { removeFolder } from '../support/remove-folder.ts';
import { until } from '../support/until.ts';
import { SteadyPlayer } from './steady-player.ts';

const run = promisify(execFile);
const playableId = 'sintel';
const patience = { deadlineMs: 60_000 };

/** A Cassandra node and five processes start, one after the other. */
jest.setTimeout(600_000);

describeWith(
  (await hasRedisServer())
    ? await ownCassandraWith({ dataCentres: ['eu', 'us'], late: ['us'] })
    : null,
  'a region that is added to a running installation',
  ({ nodes, stop }) => {
    const [eu, us] = nodes as [CassandraNode, CassandraNode];
    const redis: RedisServer[] = [];
    const parts: RunningPart[] = [];
    let dataDir: string;
    beforeAll(async () => {
      dataDir = await mkdtemp(join(tmpdir(), 'playhead-added-'));
      redis.push(await startRedis(), await startRedis());
    });
    afterAll(async () => {
      for (const part of parts) await part.kill9();
      for (const server of redis) await server.close();
      await stop();
      await removeFolder(dataDir);
    });

    const settingsOf = (node: CassandraNode) => ({
      DATA_DIR: dataDir,
      LOG_LEVEL: 'error',
      RATE_LIMIT_DEVICE: 'off',
      SUBGRAPH_TOKENS: 'accepted',
      PLAYBACK_WRITE_BEHIND_MS: '2000',
      REDIS_COMMAND_TIMEOUT_MS: '1500',
      REDIS_URL: redis[node === eu ? 0 : 1]!.url,
      CASSANDRA_CONTACT_POINTS: node.region.contactPoints.join(','),
      CASSANDRA_LOCAL_DC: node.region.dataCentre,
    });
    const start = async (node: CassandraNode, env: Record<string, string> = {}) => {
      const part = await startPlayback({ ...settingsOf(node), ...env });
      parts.push(part);
      return part;
    };
    /** As `REGION_PEERS` of one names the other. */
    const ofRegions = {
      eu: () => ({ REGION: 'eu', REGION_PEERS: `us=${redis[1]!.url}` }),
      us: () => ({ REGION: 'us', REGION_PEERS: `eu=${redis[0]!.url}` }),
    };
    const migrate = async (copies: string, ...argv: string[]): Promise<string> => {
      const settings = { ...settingsOf(eu), CASSANDRA_REPLICATION: copies, PATH: process.env.PATH };
      const command = ['subgraphs/playback/migrate.ts', ...argv];
      return (await run(process.execPath, command, { env: settings })).stdout;
    };
    const token = (profileId: string) =>
      mintDevelopmentToken(readConfig({ DATA_DIR: dataDir }), { profileId, nowMs: Date.now() });
    const positionIn = async ({ graphqlUrl }: RunningPart, profileId: string) => {
      const query = `{ viewer { playhead(playableId: "${playableId}") { positionMs } } }`;
      const at = { url: new URL(graphqlUrl).origin };
      const answer = await askGateway<{ viewer: { playhead: { positionMs: number } | null } }>(
        at,
        await token(profileId),
        { query },
      ).catch(() => null);
      return answer?.viewer.playhead?.positionMs ?? null;
    };
    const arrives = (part: RunningPart, profileId: string, positionMs: number) =>
      until(async () => (await positionIn(part, profileId)) === positionMs, {
        what: `${profileId} at ${positionMs} ms`,
        ...patience,
      });
    const watch = async ({ graphqlUrl }: RunningPart, profileId: string) => {
      const at = { url: new URL(graphqlUrl).origin };
      const device = new RemoteDevice(at, await token(profileId));
      await device.begin({ playableId, deviceId: 'tv', deviceKind: 'TV' });
      for (const beat of [
        { event: 'START', positionMs: 0 },
        { event: 'PAUSE', positionMs: 300_000 },
      ]) {
        // As players do: again, while a store is slow to answer.
        await until(async () => (await device.report(beat).catch(() => null)) !== null, {
          what: `${beat.event} is answered`,
          ...patience,
        });
      }
    };

    it('answers for all that was watched, and loses nothing meanwhile', async () => {
      expect(await migrate('eu:1')).toContain('Keyspace playhead made.');
      let [a, b] = [await start(eu), await start(eu)];
      await watch(a, 'early');
      await arrives(b, 'early', 300_000);
      const players = [
        await new SteadyPlayer(a.graphqlUrl, await token('plays-a')).start(playableId),
        await new SteadyPlayer(b.graphqlUrl, await token('plays-b')).start(playableId),
      ];
      const areHeard = () => Promise.all(players.map((player) => player.isHeard(4)));
      await areHeard();

      // 1. The data centre joins.
      await us.start();
      await Promise.all([us.untilOthersAre('UP'), eu.untilOthersAre('UP')]);
      await eu.untilOthersHaveJoined();
      await areHeard();

      // 2. It is given copies, if it is meant.
      await expect(migrate('eu:1,us:1')).rejects.toThrow('--add-data-centres');
      const told = await migrate('eu:1,us:1', '--add-data-centres');
      expect(told).toContain('Keyspace playhead is replicated as eu:1,us:1.');
      expect(await migrate('eu:1,us:1')).toContain('up to date');

      // 3. What was written before is copied, by the command that was printed and that the page has.
      const [, command = ''] = /^ +nodetool (.*)$/m.exec(told) ?? [];
      expect(readFileSync('docs/regions.md', 'utf8')).toContain(`nodetool ${command}\n`);
      await us.nodetool(...command.split(' '));
      await areHeard();

      // 4. The running region is restarted, process by process.
      const restart = async (part: RunningPart) => {
        await part.terminate();
        const port = new URL(part.graphqlUrl).port;
        return start(eu, { ...ofRegions.eu(), PLAYBACK_PORT: port });
      };
      a = await restart(a);
      await areHeard();
      b = await restart(b);
      await areHeard();

      // 5. The new region's processes start.
      const c = await start(us, ofRegions.us());
      expect(await positionIn(c, 'early')).toBe(300_000);

      await watch(c, 'in-us');
      await arrives(a, 'in-us', 300_000);
      await watch(a, 'in-eu');
      await arrives(c, 'in-eu', 300_000);
      for (const [index, player] of players.entries()) {
        await player.stop();
        const profileId = `plays-${'ab'[index]}`;
        for (const part of [a, b, c]) await arrives(part, profileId, player.acknowledgedMs);
      }
    });
  },
);
