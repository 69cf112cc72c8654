import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { defaultPolicy } from '../../domain/policy.ts';
import { systemClock } from '../../runtime/clock.ts';
import { readConfig } from '../../runtime/config.ts';
import { migrateDurableStore, openPlaybackStores } from '../../stores/open.ts';
import { describeWith, ownCassandraWith } from '../support/cassandra.ts';
import { hasOpenssl, keystorePassword, makeAuthority } from '../support/certificates.ts';

const folder = await mkdtemp(join(tmpdir(), 'playhead-certificates-'));
const encrypted = (await hasOpenssl()) ? await startEncrypted() : null;
afterAll(async () => {
  await encrypted?.cluster.stop();
  await rm(folder, { recursive: true });
});

async function startEncrypted() {
  const ours = await makeAuthority(folder, 'ours');
  const others = await makeAuthority(folder, 'others');
  const own = await ours.issue('playback', 'DNS:playback.example');
  const { keystoreFile } = await ours.issue('node', 'DNS:cassandra.example');
  const cluster = await ownCassandraWith({
    dataCentres: ['eu'],
    settings: `
client_encryption_options:
  enabled: true
  optional: false
  keystore: ${keystoreFile}
  keystore_password: ${keystorePassword}
  require_client_auth: false
  store_type: PKCS12
`,
  });
  return cluster === null ? null : { cluster, ours, others, own };
}

describeWith(encrypted, 'a Cassandra with TLS', ({ cluster: { nodes }, ours, others, own }) => {
  const [{ region }] = nodes as [(typeof nodes)[0]];
  /** Settings that all fit, but for what is changed. */
  const settings = (changed: Record<string, string | undefined>) =>
    readConfig({
      DATA_DIR: folder,
      CASSANDRA_CONTACT_POINTS: region.contactPoints.join(','),
      CASSANDRA_LOCAL_DC: region.dataCentre,
      CASSANDRA_REPLICATION: 'eu:1',
      CASSANDRA_TLS: 'on',
      CASSANDRA_TLS_CA_FILE: ours.caFile,
      CASSANDRA_TLS_CERT_FILE: own.certFile,
      CASSANDRA_TLS_KEY_FILE: own.keyFile,
      CASSANDRA_TLS_SERVER_NAME: 'cassandra.example',
      ...changed,
    });
  const migrate = async (changed: Record<string, string | undefined> = {}) => {
    const lines: string[] = [];
    const print = (line: string) => lines.push(line);
    await migrateDurableStore(settings(changed), { isDryRun: false, print });
    return lines;
  };

  beforeAll(() => migrate());

  it('is migrated and read when the certificate is of the authority, and holds the name', async () => {
    expect(await migrate()).toEqual([expect.stringContaining('up to date')]);
    const log = { error() {} };
    const parts = { clock: systemClock, policy: defaultPolicy, log };
    const stores = await openPlaybackStores(settings({}), parts);
    const profile = await stores.durable.read('nobody');
    await stores.close();
    expect([...profile.titles]).toEqual([]);
  });

  const plain = {
    CASSANDRA_TLS: 'off',
    ...{ CASSANDRA_TLS_CA_FILE: undefined, CASSANDRA_TLS_SERVER_NAME: undefined },
    ...{ CASSANDRA_TLS_CERT_FILE: undefined, CASSANDRA_TLS_KEY_FILE: undefined },
  };
  it.each<[string, Record<string, string | undefined>, RegExp]>([
    ['of another authority', { CASSANDRA_TLS_CA_FILE: others.caFile }, /self.signed|unable to/],
    ['of an unknown authority', { CASSANDRA_TLS_CA_FILE: undefined }, /self.signed|unable to/],
    ['of another name', { CASSANDRA_TLS_SERVER_NAME: 'other.example' }, /ALTNAME_INVALID/],
    ['of no address', { CASSANDRA_TLS_SERVER_NAME: undefined }, /ALTNAME_INVALID/],
    ['that nobody asks for', plain, /NoHostAvailable/],
  ])('is not believed with a certificate %s', async (_what, changed, why) => {
    const error: Error = await migrate(changed).then(
      () => new Error('It was.'),
      (it) => it,
    );
    expect(inspect(error, { depth: 9 })).toMatch(why);
  });
});
