import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../runtime/clock.ts';
import { readConfig } from '../../runtime/config.ts';
import { openEventStream } from '../../stores/open.ts';
import {
  type Authority,
  type Certificate,
  hasOpenssl,
  makeAuthority,
} from '../support/certificates.ts';
import { hasRedisServer, type RedisServer, startRedis } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

((await hasRedisServer()) && (await hasOpenssl()) ? describe : describe.skip)(
  'a Redis with TLS',
  () => {
    let folder: string;
    let ours: Authority;
    let others: Authority;
    let own: Certificate;
    let redis: RedisServer;
    let port: number;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'playhead-certificates-'));
      ours = await makeAuthority(folder, 'ours');
      others = await makeAuthority(folder, 'others');
      own = await ours.issue('playback', 'DNS:playback.example');
      const { certFile, keyFile } = await ours.issue('redis', 'DNS:redis.example');
      port = await freePort();
      redis = await startRedis({
        args: [
          ...['--tls-port', String(port), '--tls-cert-file', certFile, '--tls-key-file', keyFile],
          ...['--tls-ca-cert-file', ours.caFile, '--tls-auth-clients', 'yes'],
        ],
      });
    });
    afterAll(async () => {
      await redis.close();
      await rm(folder, { recursive: true });
    });

    /** Settings that all fit, but for what is changed. */
    const settings = (changed: Record<string, string | undefined>) => ({
      REDIS_URL: `rediss://127.0.0.1:${port}`,
      REDIS_TLS_CA_FILE: ours.caFile,
      REDIS_TLS_CERT_FILE: own.certFile,
      REDIS_TLS_KEY_FILE: own.keyFile,
      REDIS_TLS_SERVER_NAME: 'redis.example',
      REDIS_COMMAND_TIMEOUT_MS: '5000',
      ...changed,
    });

    async function read(changed: Record<string, string | undefined> = {}) {
      const events = await openEventStream(readConfig(settings(changed)), systemClock);
      try {
        return await events.read({ partition: 0, after: null, limit: 1 });
      } finally {
        await events.close();
      }
    }

    it('is read when the certificate is of the authority, and holds the name', async () => {
      expect(await read()).toEqual([]);
    });

    it.each<[string, () => Record<string, string | undefined>, RegExp]>([
      [
        'of another authority',
        () => ({ REDIS_TLS_CA_FILE: others.caFile }),
        /self.signed|unable to/,
      ],
      [
        'of an authority that nobody named',
        () => ({ REDIS_TLS_CA_FILE: undefined }),
        /self.signed|unable to/,
      ],
      [
        'of another name',
        () => ({ REDIS_TLS_SERVER_NAME: 'redis.example.com' }),
        /ALTNAME_INVALID/,
      ],
      [
        'of a name, and not of the address',
        () => ({ REDIS_TLS_SERVER_NAME: undefined }),
        /ALTNAME_INVALID/,
      ],
    ])(
      'is not believed with a certificate %s, and the log can say why',
      async (_what, changed, why) => {
        const error: Error = await read(changed()).then(
          () => new Error('It was read.'),
          (it) => it,
        );
        expect(error).toMatchObject({ code: 'STATE_UNAVAILABLE' });
        expect(inspect(error, { depth: 9 })).toMatch(why);
      },
    );

    // What breaks: the other end is not who it should be, and goes on talking rubbish.
    // How: a relay adds bytes to the flight that holds the certificate.
    // What must hold: the command fails; what comes after a link was given up ends no process.
    it('may say anything after its certificate was refused', async () => {
      const relay = await startRubbishRelay(port);
      for (let times = 0; times < 5; times += 1) {
        const changed = { REDIS_TLS_CA_FILE: others.caFile, REDIS_URL: relay.url };
        await expect(read(changed)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
      }
      await relay.close();
    });

    it('takes nobody without a certificate of their own, where it asks for one', async () => {
      const nobody = { REDIS_TLS_CERT_FILE: undefined, REDIS_TLS_KEY_FILE: undefined };
      await expect(read(nobody)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    });

    it('says nothing in plain text', async () => {
      const plain = {
        REDIS_URL: `redis://127.0.0.1:${port}`,
        ...{ REDIS_TLS_CA_FILE: undefined, REDIS_TLS_SERVER_NAME: undefined },
        ...{ REDIS_TLS_CERT_FILE: undefined, REDIS_TLS_KEY_FILE: undefined },
      };
      await expect(read(plain)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    });

    it('is as well a Cluster, whose nodes are verified by the addresses that it tells', async () => {
      const nodePort = await freePort();
      const { certFile, keyFile } = await ours.issue('node', 'IP:127.0.0.1');
      const node = await startRedis({
        args: [
          ...['--cluster-enabled', 'yes', '--cluster-config-file', 'nodes.conf'],
          ...['--cluster-announce-ip', '127.0.0.1', '--tls-cluster', 'yes'],
          ...[
            '--tls-port',
            String(nodePort),
            '--tls-cert-file',
            certFile,
            '--tls-key-file',
            keyFile,
          ],
          ...['--tls-ca-cert-file', ours.caFile, '--tls-auth-clients', 'no'],
        ],
      });
      await node.ask('cluster', 'addslotsrange', '0', '16383');
      await until(async () => (await node.ask('cluster', 'info')).includes('cluster_state:ok'), {
        what: 'the Cluster of one knows every slot',
      });
      const cluster = {
        ...{ REDIS_URL: undefined, REDIS_TLS_CERT_FILE: undefined, REDIS_TLS_KEY_FILE: undefined },
        REDIS_CLUSTER_NODES: `rediss://127.0.0.1:${nodePort}`,
        REDIS_TLS_SERVER_NAME: undefined,
      };
      expect(await read(cluster)).toEqual([]);
      for (const changed of [
        { REDIS_TLS_CA_FILE: others.caFile },
        { REDIS_TLS_SERVER_NAME: 'redis.example' },
      ]) {
        await expect(read({ ...cluster, ...changed })).rejects.toMatchObject({
          code: 'STATE_UNAVAILABLE',
        });
      }
      await node.close();
    });

    it('names the file that cannot be read', async () => {
      await expect(read({ REDIS_TLS_CA_FILE: '/nowhere.pem' })).rejects.toThrow('/nowhere.pem');
    });
  },
);

/** Adds to what comes first from the port what is no TLS. */
async function startRubbishRelay(port: number) {
  const server = createServer((incoming) => {
    const outgoing = connect(port, '127.0.0.1');
    incoming.pipe(outgoing);
    outgoing.once('data', (flight) => {
      incoming.write(Buffer.concat([flight, Buffer.from('\x15\x03\x03\x00\x02\x02\x32rubbish')]));
    });
    for (const socket of [incoming, outgoing]) {
      socket.on('error', () => socket.destroy());
      socket.on('close', () => [incoming, outgoing].map((end) => end.destroy()));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `rediss://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
