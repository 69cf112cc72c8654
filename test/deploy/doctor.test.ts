import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'graphql';
import { exportJWK, generateKeyPair } from 'jose';
import { diagnose } from '../../deploy/doctor/diagnose.ts';
import type { Finding } from '../../deploy/doctor/finding.ts';
import { supergraph } from '../../deploy/doctor/graph-findings.ts';
import { readSources } from '../../schema/read-sources.ts';
import { doctorParts, named, sharePatient, worse } from './patient.ts';

const run = promisify(execFile);
const patient = sharePatient();

describe('npm run doctor', () => {
  it('finds nothing wrong with a laptop, and leaves nothing behind', async () => {
    const findings = await patient.examine();
    expect(worse(findings)).toEqual([]);
    expect(named(findings, 'redis').found).toBe('not configured: embedded');
    expect(named(findings, 'supergraph').found).toBe('3 subgraphs compose to it');
    expect(named(findings, 'model').found).toMatch(/^linear-/);
    expect(await readdir(patient.path(''))).toEqual([]);
  });

  it('asks for a newer Node', async () => {
    const findings = await diagnose(patient.env(), { ...doctorParts, version: 'v20.19.0' });
    expect(named(findings, 'node')).toEqual({
      name: 'node',
      status: 'fail',
      found: 'v20.19.0',
      advice: 'Use Node 24 or later: the sources run as they are.',
    });
  });

  it('names every setting that is wrong, and looks at nothing that needs them', async () => {
    const findings = await patient.examine({
      PORT: 'none',
      NODE_ENV: 'production',
      LOG_LEVEL: 'loud',
    });
    const wrong = worse(findings);
    expect(wrong.map(({ name }) => name)).toEqual(['configuration', 'configuration']);
    expect(wrong.map(({ found }) => found.split(':')[0])).toEqual(['PORT', 'LOG_LEVEL']);
    expect(wrong[0]!.advice).toContain('npm run -s config');
    expect(findings.map(({ name }) => name)).toContain('node');
  });

  it('finds a data folder that nobody may write', async () => {
    await writeFile(patient.path('file'), '');
    const findings = await patient.examine({ DATA_DIR: patient.path('file/data') });
    await rm(patient.path('file'));
    expect(named(findings, 'data folder')).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('ENOTDIR'),
      advice: expect.stringContaining('Set DATA_DIR'),
    });
  });

  it('finds a port that somebody else has, and not one that the product has', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    const ours = createHttpServer((_, response) => response.end('{"status":"live"}'));
    ours.listen(0, '127.0.0.1');
    await Promise.all([once(other, 'listening'), once(ours, 'listening')]);
    other.on('connection', (socket) => socket.end());
    const [taken, own] = [other, ours].map((it) => `${(it.address() as AddressInfo).port}`);
    const findings = await patient.examine({
      ...{ PORT: taken!, PLAYBACK_PORT: taken!, CATALOG_PORT: own! },
    });
    for (const server of [other, ours]) server.close();
    expect(named(findings, 'port of gateway')).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('EADDRINUSE'),
      advice: expect.stringContaining(`ss -ltnp 'sport = :${taken}'`),
    });
    expect(named(findings, 'port of playback')).toMatchObject({
      status: 'warn',
      advice: expect.stringContaining('set PLAYBACK_PORT'),
    });
    expect(named(findings, 'port of catalog')).toMatchObject({
      status: 'ok',
      found: `${own}: the product listens there already`,
    });
  });

  it('reads the key set as a verifier would', async () => {
    const file = patient.path('keys.json');
    const keys = async (text: string, settings: Record<string, string> = {}) => {
      await writeFile(file, text);
      const findings = await patient.examine({ TOKEN_PUBLIC_KEY_FILE: file, ...settings });
      await rm(file);
      return named(findings, 'token keys');
    };
    const pair = await generateKeyPair('ES256', { extractable: true });
    const [publicKey, privateKey] = await Promise.all([
      exportJWK(pair.publicKey),
      exportJWK(pair.privateKey),
    ]);
    const rsa = await exportJWK((await generateKeyPair('RS256', { extractable: true })).publicKey);
    const missing = await patient.examine({ TOKEN_PUBLIC_KEY_FILE: file });

    expect(await keys(JSON.stringify({ keys: [rsa, publicKey] }))).toMatchObject({ status: 'ok' });
    expect(named(missing, 'token keys')).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('ENOENT'),
      advice: expect.stringContaining('JWK Set'),
    });
    expect(await keys('-----BEGIN')).toMatchObject({ status: 'fail' });
    expect(await keys('[]')).toMatchObject({ found: `${file} holds no list \`keys\`` });
    expect(await keys(JSON.stringify({ keys: [rsa] }))).toMatchObject({
      status: 'fail',
      found: `${file} holds no key for ES256`,
    });
    expect(
      await keys(JSON.stringify({ keys: [rsa] }), { TOKEN_ALGORITHMS: 'RS256' }),
    ).toMatchObject({ status: 'ok' });
    expect(await keys(JSON.stringify({ keys: [publicKey, privateKey] }))).toMatchObject({
      status: 'fail',
      advice: expect.stringContaining('Take the private parts'),
    });
  });

  it('asks the issuer for its key set', async () => {
    const { publicKey } = await generateKeyPair('ES256', { extractable: true });
    const set = JSON.stringify({ keys: [await exportJWK(publicKey)] });
    const issuer = createHttpServer((_request, response) => response.end(set));
    issuer.listen(0, '127.0.0.1');
    await once(issuer, 'listening');
    const { port } = issuer.address() as AddressInfo;
    const found = async () => {
      const findings = await patient.examine({ TOKEN_JWKS_URL: `http://127.0.0.1:${port}/keys` });
      return named(findings, 'token keys');
    };
    expect(await found()).toMatchObject({ status: 'ok' });
    issuer.closeAllConnections();
    issuer.close();
    await once(issuer, 'close');
    expect(await found()).toMatchObject({
      status: 'warn',
      advice: expect.stringContaining('TOKEN_JWKS_URL'),
    });
  });

  it('reads the model as the row would', async () => {
    const file = patient.path('model.json');
    await writeFile(file, '{"version": 99}');
    const broken = await patient.examine({ RECOMMENDATIONS_MODEL: file });
    await rm(file);
    expect(named(broken, 'model')).toMatchObject({
      status: 'fail',
      found: 'The model is of version 99; this release reads 1.',
      advice: expect.stringContaining('RECOMMENDATIONS_MODEL=none'),
    });
    const gone = await patient.examine({ RECOMMENDATIONS_MODEL: file });
    expect(named(gone, 'model')).toMatchObject({ found: expect.stringContaining('ENOENT') });
    const none = await patient.examine({ RECOMMENDATIONS_MODEL: 'none' });
    expect(named(none, 'model')).toMatchObject({ status: 'ok' });
  });

  it('composes the subgraphs, and compares', async () => {
    expect(await supergraph()).toMatchObject({ status: 'ok' });
    const changed = async () => {
      const sources = await readSources(new URL('../../schema/', import.meta.url));
      const typeDefs = parse('type Query { titles: [Nothing] }');
      return sources.map((one) => (one.name === 'catalog' ? { ...one, typeDefs } : one));
    };
    expect(await supergraph(changed)).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('Nothing'),
      advice: expect.stringContaining('npm run generate'),
    });
  });

  it('reads the supergraph that is to be served in its place', async () => {
    const lookAt = async (file: string) =>
      named(await patient.examine({ SUPERGRAPH_FILE: file }), 'supergraph file');
    expect(await lookAt('schema/supergraph.graphql')).toMatchObject({ status: 'ok' });
    const advice = expect.stringContaining('schema/contracts');
    expect(await lookAt('schema/api.graphql')).toMatchObject({
      ...{ status: 'fail', advice },
      found: expect.stringContaining('is no supergraph'),
    });
    expect(await lookAt('schema/none.graphql')).toMatchObject({
      ...{ status: 'fail', advice },
      found: expect.stringContaining('ENOENT'),
    });
  });

  it('asks whether subgraphs of other teams answer', async () => {
    const ratings = createHttpServer((_, response) => response.writeHead(401).end());
    ratings.listen(0, '127.0.0.1');
    await once(ratings, 'listening');
    const { port } = ratings.address() as AddressInfo;
    const settings = { SUBGRAPH_URLS: `ratings=http://127.0.0.1:${port}/graphql` };
    const there = await patient.examine(settings);
    ratings.close();
    ratings.closeAllConnections();
    await once(ratings, 'close');
    const gone = await patient.examine(settings);
    expect(named(there, 'subgraph ratings')).toMatchObject({ status: 'ok' });
    expect(named(gone, 'subgraph ratings')).toMatchObject({
      status: 'warn',
      found: expect.stringContaining('ECONNREFUSED'),
      advice: expect.stringContaining('SUBGRAPH_URLS'),
    });
  });

  it('warns of production on one machine', async () => {
    const file = patient.path('keys.json');
    const { publicKey } = await generateKeyPair('ES256', { extractable: true });
    await writeFile(file, JSON.stringify({ keys: [await exportJWK(publicKey)] }));
    const secret = 'as long as it must be, and longer';
    const keys = {
      TOKEN_PUBLIC_KEY_FILE: file,
      SESSION_KEY: secret,
      IDENTITY_KEY: `${secret}, too`,
    };
    const findings = await patient.examine({ NODE_ENV: 'production', HOST: '127.0.0.1', ...keys });
    await rm(file);
    expect(worse(findings).map(({ name }) => name)).toEqual(['redis', 'cassandra']);
  });
});

describe('npm run doctor as a command', () => {
  const doctor = async (settings: Record<string, string>, ...argv: string[]) => {
    const options = { env: { PATH: process.env.PATH, ...patient.env(settings) } };
    const args = [resolve('deploy/doctor/main.ts'), ...argv];
    return run(process.execPath, args, options).then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
    );
  };

  it('ends with 0 when all is well, a line for each', async () => {
    const { code, stdout } = await doctor({});
    expect(code).toBe(0);
    for (const line of stdout.trim().split('\n')) expect(line).toMatch(/^ok {4}[a-z]/);
  });

  it('ends with 1 when something is not, and says what to do below it', async () => {
    const { code, stdout } = await doctor({ RECOMMENDATIONS_MODEL: patient.path('none.json') });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail {2}model .*ENOENT.*\n +Name a file that `npm run train` made/m);
  });

  it('tells machines the same', async () => {
    const { code, stdout } = await doctor({ LOG_LEVEL: 'loud' }, '--json');
    expect(code).toBe(1);
    const answer = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
    expect(answer.ok).toBe(false);
    expect(named(answer.findings, 'configuration').found).toContain('LOG_LEVEL');
  });
});
