import { recordHeartbeatsMutation } from '../client/operations.ts';
import { encodeSessionToken } from '../domain/session-token.ts';
import { readConfig } from '../runtime/config.ts';
import { mintDevelopmentToken, openSessionSigner } from '../runtime/identity.ts';
import type { Outcome } from './plays.ts';
import { type Beat, type BenchProfile, versionOf, type WatchSession } from './workload.ts';

/**
 * How heartbeats are put: to the raw server, as the README's mutation, as the SDK's, which asks for the
 * playhead in force as well, or to the naive server.
 */
export type Dialect = 'raw' | 'plain' | 'whole' | 'naive';

/** Heartbeats as whole HTTP requests. */
export interface Requests {
  of(beat: Beat): string;
  /** Errors: throws for anything but the answer of a heartbeat that was recorded. */
  outcomeIn(answer: string): Outcome;
}

/** The heartbeat of the README. */
const plainDocument = `mutation Beat($input: RecordHeartbeatsInput!) {
  recordHeartbeats(input: $input) { outcome durability nextHeartbeatInMs problems { code message path } }
}`;
const naiveDocument = `mutation Beat($input: HeartbeatInput!) {
  recordHeartbeat(input: $input) { outcome title positionMs }
}`;

/** Real access tokens, real session tokens: what clients hold after `beginSession`. */
export async function createRequests(
  dialect: Dialect,
  of: { host: string; profiles: readonly BenchProfile[]; dataDir: string },
): Promise<Requests> {
  if (dialect === 'raw') return rawRequests(of.host);
  if (dialect === 'naive') return naiveRequests(of.host);
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
  const heads = new Map<string, string>();
  for (const { profileId } of of.profiles) {
    const token = await mintDevelopmentToken(config, { profileId, nowMs: Date.now() });
    heads.set(profileId, `${headOf(of.host)}authorization: Bearer ${token}\r\n`);
  }
  const starts = new Map<string, string>();
  const query = JSON.stringify(of.document);
  for (const session of of.profiles.flatMap(({ sessions }) => sessions)) {
    const token = encodeSessionToken(sessionToken(session), signer.sign);
    const start = `{"query":${query},"variables":{"input":{"session":"${token}","heartbeats":[`;
    starts.set(session.sessionId, start);
  }
  return {
    of({ session, sequence, elapsedMs, positionMs }) {
      const heartbeat = `{"sequence":${sequence},"event":"HEARTBEAT","elapsedMs":${elapsedMs},"positionMs":${positionMs},"durationMs":${session.durationMs}}`;
      const body = `${starts.get(session.sessionId)}${heartbeat}]}}}`;
      return withBody(heads.get(session.profileId) as string, body);
    },
    outcomeIn: (answer) => graphqlOutcome(answer, 'recordHeartbeats'),
  };
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
    of({ session, sequence, elapsedMs, positionMs }) {
      const heartbeat = { ...session, sequence, event: 'HEARTBEAT', elapsedMs, positionMs };
      return withBody(headOf(host), JSON.stringify(heartbeat));
    },
    outcomeIn: (answer) => (JSON.parse(answer) as { outcome: Outcome }).outcome,
  };
}

function naiveRequests(host: string): Requests {
  const start = `{"query":${JSON.stringify(naiveDocument)},"variables":{"input":`;
  return {
    of(beat) {
      const { session, sequence, elapsedMs, positionMs } = beat;
      const { profileId, title, device, sessionId, durationMs } = session;
      const input = JSON.stringify({
        ...{ profileId, title, deviceId: device.id, deviceKind: device.kind, sessionId },
        ...{ sequence, event: 'HEARTBEAT', elapsedMs, positionMs, durationMs },
        activityAtUs: versionOf(beat).slice(0, 16),
      });
      return withBody(headOf(host), `${start}${input}}}`);
    },
    outcomeIn: (answer) => graphqlOutcome(answer, 'recordHeartbeat'),
  };
}

function graphqlOutcome(answer: string, field: string): Outcome {
  const { data, errors } = JSON.parse(answer) as {
    data?: Record<string, { outcome: Outcome; problems?: unknown[] } | null>;
    errors?: unknown[];
  };
  const payload = data?.[field];
  if (errors !== undefined || !payload || (payload.problems?.length ?? 0) > 0) {
    throw new Error(`A heartbeat was answered with: ${answer}`);
  }
  return payload.outcome;
}

function headOf(host: string): string {
  return `POST /graphql HTTP/1.1\r\nhost: ${host}\r\nuser-agent: playhead-bench\r\naccept: application/json\r\ncontent-type: application/json\r\n`;
}

function withBody(head: string, body: string): string {
  return `${head}content-length: ${body.length}\r\n\r\n${body}`;
}
