import type { z } from 'zod';
import type { settings } from './config.ts';
import { regionProblems } from './region-settings.ts';
import { idleTlsProblems, plaintextProblems } from './tls-settings.ts';

type Settings = z.output<typeof settings>;

/** What is wrong with settings that are each well-formed: a line each, naming the setting first. */
export function problemsOf(parsed: Settings): string[] {
  const isProduction = parsed.NODE_ENV === 'production';
  return [
    ...(isProduction ? [...missingInProduction(parsed), ...plaintextProblems(parsed)] : []),
    ...missingPartners(parsed),
    ...rivals(parsed),
    ...regionProblems(parsed),
    ...idleTlsProblems(parsed),
  ];
}

const makeSecret = 'Make it with `openssl rand -base64 32`, or name its file in';

/** There is no default for any of these outside development: what each is, and how to come by it. */
const requiredInProduction = [
  {
    anyOf: ['TOKEN_JWKS_URL', 'TOKEN_PUBLIC_KEY_FILE'],
    hint: 'where your token issuer publishes its JWK Set, or a file with a copy of it',
  },
  {
    anyOf: ['SESSION_KEY'],
    hint: `a secret that signs session tokens, the same in every process. ${makeSecret} SESSION_KEY_FILE`,
  },
  {
    anyOf: ['IDENTITY_KEY'],
    hint: `another one, with which gateways sign for subgraphs (docs/identity.md). ${makeSecret} IDENTITY_KEY_FILE`,
  },
] as const;

function missingInProduction(parsed: Settings): string[] {
  return requiredInProduction
    .filter(({ anyOf }) => anyOf.every((key) => parsed[key] === undefined))
    .map(({ anyOf, hint }) => `${anyOf.join(' or ')}: required in production: ${hint}`);
}

/** Settings of which one is enough, or that must not be equal. */
function rivals(parsed: Settings): string[] {
  const { SESSION_KEY, IDENTITY_KEY } = parsed;
  const pairs = [
    ['REDIS_URL', 'REDIS_CLUSTER_NODES'],
    ['TOKEN_PUBLIC_KEY_FILE', 'TOKEN_JWKS_URL'],
  ] as const;
  const both = pairs
    .filter((pair) => pair.every((key) => parsed[key] !== undefined))
    .map(([first, second]) => `${second}: not beside ${first}, set one of them`);
  const isShared = SESSION_KEY !== undefined && SESSION_KEY === IDENTITY_KEY;
  return isShared ? [...both, 'IDENTITY_KEY: not the same as SESSION_KEY'] : both;
}

/** Settings that say nothing without one another. */
const partners = [
  ['CASSANDRA_CONTACT_POINTS', 'CASSANDRA_LOCAL_DC'],
  ['CASSANDRA_REMOTE_CONTACT_POINTS', 'CASSANDRA_REMOTE_DC'],
  ['CASSANDRA_USERNAME', 'CASSANDRA_PASSWORD'],
  ['REDIS_TLS_CERT_FILE', 'REDIS_TLS_KEY_FILE'],
  ['CASSANDRA_TLS_CERT_FILE', 'CASSANDRA_TLS_KEY_FILE'],
] as const;

function missingPartners(parsed: Settings): string[] {
  return partners
    .flatMap(([first, second]) => [[first, second] as const, [second, first] as const])
    .filter(([given, wanted]) => parsed[given] !== undefined && parsed[wanted] === undefined)
    .map(([given, wanted]) => `${wanted}: required with ${given}`);
}
