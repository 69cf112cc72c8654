import { recordHeartbeatsMutation } from '../client/operations.ts';
import { encodeSessionToken } from '../domain/session-token.ts';
import { readConfig } from '../runtime/config.ts';
import { mintDevelopmentToken, openSessionSigner } from '../runtime/identity.ts';
import { graphqlOutcome, headOf, newestOf, withBody } from './http-text.ts';
import { isPeerDialect, type PeerDialect, peerRequests } from './peer-requests.ts';
import type { Outcome } from './plays.ts';
import type { Beat, BenchProfile, WatchSession } from './workload.ts';

/**
 * How heartbeats are put: to the raw server, as the README's mutation, as the SDK's, which asks for the
 * playhead in force as well, or to another product's server.
 */
export type Dialect = 'raw' | 'plain' | 'whole' | PeerDialect;

/** Heartbeats of one session, mostly a single one, as whole HTTP requests. */
export interface Requests {
  of(batch: readonly Beat[]): string;
  /** Errors: throws for anything but the answer of a heartbeat that was recorded. */
  outcomeIn(answer: string): Outcome;
  /** Where heartbeats may come over graphql-transport-ws. */
  onSocket?: SocketRequests;
}

export interface SocketRequests {
  tokenOf(profileId: string): string;
  /** Query and variables as JSON. */
  payloadOf(batch: readonly Beat[]): string;
}

/** The heartbeat of the README. */
const plainDocument = `mutation Beat($input: RecordHeartbeatsInput!) {
  recordHeartbeats(input: $input) { outcome durability nextHeartbeatInMs problems { code message path } }
}`;

/** Real access tokens, real session tokens: what clients hold after `beginSession`. */
export async function createRequests(
  dialect: Dialect,
  of: { host: string; profiles: readonly BenchProfile[]; dataDir: string },
): Promise<Requests> {
  if (dialect === 'raw') return rawRequests(of.host);
  if (isPeerDialect(dialect)) return peerRequests(dialect, of.host);
  const document = dialect === 'plain' ? plainDocument : recordHeartbeatsMutation.document;
  return graphqlRequests({ ...of, document });
}

async function graphqlRequests(of: {
  host: string;
  profiles: readonly BenchProfile[];
  dataDir: string;
  document: string;
}): Promise<Requests> {
  const config = readConfig({ DATA_DIR: of.dataDir });
  const signer = await openSessionSigner(config);
  const tokens = new Map<string, string>();
  const heads = new Map<string, string>();
  for (const { profileId } of of.profiles) {
    const token = await mintDevelopmentToken(config, { profileId, nowMs: Date.now() });
    tokens.set(profileId, token);
    heads.set(profileId, `${headOf(of.host)}authorization: Bearer ${token}\r\n`);
  }
  const starts = new Map<string, string>();
  const query = JSON.stringify(of.document);
  for (const session of of.profiles.flatMap(({ sessions }) => sessions)) {
    const token = encodeSessionToken(sessionToken(session), signer.sign);
    const start = `{"query":${query},"variables":{"input":{"session":"${token}","heartbeats":[`;
    starts.set(session.sessionId, start);
  }
  const payloadOf = (batch: readonly Beat[]) =>
    `${starts.get(newestOf(batch).session.sessionId)}${batch.map(heartbeatOf).join(',')}]}}}`;
  return {
    of: (batch) =>
      withBody(heads.get(newestOf(batch).session.profileId) as string, payloadOf(batch)),
    outcomeIn: (answer) => graphqlOutcome(answer, 'recordHeartbeats'),
    onSocket: { payloadOf, tokenOf: (profileId) => tokens.get(profileId) as string },
  };
}

function heartbeatOf({ session, sequence, elapsedMs, positionMs }: Beat): string {
  return `{"sequence":${sequence},"event":"HEARTBEAT","elapsedMs":${elapsedMs},"positionMs":${positionMs},"durationMs":${session.durationMs}}`;
}

function sessionToken(session: WatchSession) {
  const { profileId, title, device, sessionId, anchorMs, durationMs } = session;
  return {
    profileId,
    title,
    deviceId: device.id,
    deviceKind: device.kind,
    deviceName: device.name,
    sessionId,
    anchorMs,
    issuedAtMs: anchorMs,
    startedFrom: null,
    isStale: false,
    durationMs,
    creditsStartMs: null,
  };
}

function rawRequests(host: string): Requests {
  return {
    of(batch) {
      const { session, sequence, elapsedMs, positionMs } = newestOf(batch);
      const heartbeat = { ...session, sequence, event: 'HEARTBEAT', elapsedMs, positionMs };
      return withBody(headOf(host), JSON.stringify(heartbeat));
    },
    outcomeIn: (answer) => (JSON.parse(answer) as { outcome: Outcome }).outcome,
  };
}
