import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { PlatformError } from '../domain/errors.ts';
import type { Config } from './config.ts';

/** What development access tokens are signed with. */
export const developmentAlgorithm = 'ES256';

export interface DevelopmentKeys {
  /** ES256 private key, as JWK: signs development access tokens. */
  token: JWK;
  /** Secret of session tokens. */
  session: string;
  /** Secret of the statements that gateways sign. */
  identity: string;
}

/**
 * The keys of a development installation: made on first use, kept in DATA_DIR, never in production.
 * Two processes that start together agree: the file is created exclusively, the loser reads it.
 */
export async function developmentKeys(config: Config): Promise<DevelopmentKeys> {
  if (config.NODE_ENV === 'production') {
    throw new PlatformError('Development keys do not exist in production.', {
      code: 'INTERNAL_SERVER_ERROR',
    });
  }
  const file = join(config.DATA_DIR, 'development-keys.json');
  const existing = await readKeys(file);
  if (existing !== undefined) return existing;
  await mkdir(config.DATA_DIR, { recursive: true });
  const pair = await generateKeyPair(developmentAlgorithm, { extractable: true });
  const keys: DevelopmentKeys = {
    token: { ...(await exportJWK(pair.privateKey)), alg: developmentAlgorithm, kid: 'development' },
    session: randomBytes(32).toString('base64url'),
    identity: randomBytes(32).toString('base64url'),
  };
  // Linked when it is whole: processes that start at the same moment never read half a file.
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, JSON.stringify(keys), { flag: 'wx', mode: 0o600 });
    await link(draft, file);
    return keys;
  } catch (cause) {
    const made = await readKeys(file);
    if (made === undefined) throw new Error(`Cannot make ${file}.`, { cause });
    return made;
  } finally {
    await rm(draft, { force: true });
  }
}

async function readKeys(file: string): Promise<DevelopmentKeys | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const keys = JSON.parse(text) as Omit<DevelopmentKeys, 'identity'> & { identity?: string };
  // Files of before there were statements: what every process makes of them is the same.
  const derived = createHmac('sha256', keys.session).update('identity').digest('base64url');
  return { ...keys, identity: keys.identity ?? derived };
}
