import { once } from 'node:events';
import { mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createServer as createTlsServer,
  getCACertificates,
  setDefaultCACertificates,
} from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { listenOnFile } from '../../runtime/unix-socket.ts';
import {
  type Authority,
  type Certificate,
  hasOpenssl,
  makeAuthority,
} from '../support/certificates.ts';
import { until } from '../support/until.ts';
import { FramedSubgraph, laneRequest, openUpstream, ready, resultOf } from './framed-subgraph.ts';

const isTested = await hasOpenssl();
const authoritiesOfNode = getCACertificates('default');

describe('the way of frames', () => {
  const open: { close(): Promise<unknown> }[] = [];
  const closing = <Opened extends { close(): Promise<unknown> }>(opened: Opened): Opened => {
    open.unshift(opened);
    return opened;
  };
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'playhead-frames-'));
  });
  afterEach(async () => {
    setDefaultCACertificates(authoritiesOfNode);
    for (const each of open.splice(0)) await each.close();
    await rm(folder, { recursive: true });
  });

  describe('by a file of this machine', () => {
    it('is for the own account alone, whatever a killed process left there', async () => {
      const socketPath = join(folder, 'frames');
      const killed = createServer().listen(socketPath);
      await once(killed, 'listening');
      // It removes what has its name when it closes.
      await rename(socketPath, `${socketPath}-`);
      killed.close();
      await once(killed, 'close');
      await rename(`${socketPath}-`, socketPath);
      const subgraph = closing(await FramedSubgraph.open({ frames: { socketPath } }));
      expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
      // Nobody is at this address.
      const upstream = await openUpstream({ url: 'http://127.0.0.1:9/graphql', socketPath });
      await ready(closing(upstream));
      expect(resultOf(await upstream.ask(laneRequest('{ who }')))).toEqual({ data: { who: null } });
      await subgraph.close();
      await expect(stat(socketPath)).rejects.toThrow('ENOENT');
    });

    it('is not taken from a process that lives', async () => {
      const path = join(folder, 'frames');
      const first = createServer();
      await listenOnFile(first, path);
      closing({ close: async () => void first.close() });
      await expect(listenOnFile(createServer(), path)).rejects.toThrow('EADDRINUSE');
      const socket = connect(path);
      await once(socket, 'connect');
      socket.destroy();
    });

    it('leaves a file alone that is something else', async () => {
      const path = join(folder, 'precious');
      await writeFile(path, 'precious');
      await expect(listenOnFile(createServer(), path)).rejects.toThrow('EADDRINUSE');
      expect(await readFile(path, 'utf8')).toBe('precious');
    });
  });

  (isTested ? describe : describe.skip)('by TLS', () => {
    /** As NODE_EXTRA_CA_CERTS does at the start of a process. */
    const trust = async ({ caFile }: Authority) =>
      setDefaultCACertificates([...authoritiesOfNode, await readFile(caFile, 'utf8')]);

    /** What stands before a subgraph where the network is not private. */
    async function openTerminator(port: number, { certFile, keyFile }: Certificate) {
      const [cert, key] = [await readFile(certFile), await readFile(keyFile)];
      const server = createTlsServer({ cert, key }, (client) => {
        const inside = connect(port, '127.0.0.1');
        for (const socket of [client, inside]) socket.on('error', () => {});
        client.pipe(inside).pipe(client);
        client.on('close', () => inside.destroy());
      });
      server.on('tlsClientError', () => {});
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return {
        url: `https://localhost:${(server.address() as AddressInfo).port}/graphql`,
        close: async () => void server.close(),
      };
    }

    const behindTls = async (names: string) => {
      const authority = await makeAuthority(folder, 'ours');
      const subgraph = closing(await FramedSubgraph.open());
      const certificate = await authority.issue('subgraph', names);
      const { url } = closing(await openTerminator(subgraph.port, certificate));
      return { url, authority };
    };

    it('is taken to https: addresses', async () => {
      const { url, authority } = await behindTls('DNS:localhost');
      await trust(authority);
      const upstream = await ready(closing(await openUpstream({ url })));
      expect(resultOf(await upstream.ask(laneRequest('{ who }')))).toEqual({ data: { who: null } });
    });

    it.each([
      ['an authority that nobody knows', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'DNS:localhost'],
      ['another name', 'ERR_TLS_CERT_ALTNAME_INVALID', 'DNS:subgraph.example'],
    ])('is not taken when the certificate is of %s', async (_what, expected, names) => {
      const { url, authority } = await behindTls(names);
      if (names !== 'DNS:localhost') await trust(authority);
      const upstream = closing(await openUpstream({ url }));
      const why = await until(() => upstream.fault, { what: 'a refusal' });
      expect(why).toBe(expected);
      expect(await upstream.ask(laneRequest('{ who }'))).toEqual({ kind: 'unsent' });
    });
  });
});
