import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { z } from 'zod';

/** Settings that nobody else may see: never printed, and as well taken from a file. */
export const secretKeys = [
  'SESSION_KEY',
  'IDENTITY_KEY',
  'IDENTITY_KEY_PREVIOUS',
  'REDIS_URL',
  'REDIS_CLUSTER_NODES',
  'REGION_PEERS',
  'CASSANDRA_PASSWORD',
] as const;

type SecretKey = (typeof secretKeys)[number];

/** The settings `…_FILE`: files as Kubernetes and Docker mount secrets. */
export const secretFileSettings = Object.fromEntries(
  secretKeys.map((key) => [
    `${key}_FILE`,
    z.string().min(1).optional().describe(`File that holds ${key}, instead of the variable.`),
  ]),
) as Record<`${SecretKey}_FILE`, z.ZodOptional<z.ZodString>>;

/**
 * The environment with each secret that it names a file for.
 *
 * Shape: one line break at a file's end is not part of the secret. A file that is named beside its variable,
 * or cannot be read, is among `problems`, which hold no secret.
 */
export function withSecretFiles(environment: NodeJS.ProcessEnv): {
  environment: NodeJS.ProcessEnv;
  problems: string[];
} {
  const read: NodeJS.ProcessEnv = {};
  const problems: string[] = [];
  for (const key of secretKeys) {
    const file = environment[`${key}_FILE`];
    if (file === undefined || file === '') continue;
    if (environment[key] !== undefined) problems.push(`${key}_FILE: not beside ${key}`);
    try {
      read[key] = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException;
      problems.push(`${key}_FILE: ${file} cannot be read (${code})`);
    }
  }
  return { environment: { ...environment, ...read }, problems };
}

/** Printed, logged or turned into JSON, the answer shows in place of each secret that there is one. */
export function redacting<Settings extends object>(settings: Settings): Settings {
  const shown = () => {
    const secrets: readonly string[] = secretKeys;
    const entries = Object.entries(settings).map(([key, value]) =>
      secrets.includes(key) && value !== undefined ? [key, '[secret]'] : [key, value],
    );
    return Object.fromEntries(entries);
  };
  const hidden = { enumerable: false, value: shown };
  return Object.defineProperties(settings, { toJSON: hidden, [inspect.custom]: hidden });
}
