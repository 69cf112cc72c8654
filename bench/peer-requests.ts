import { graphqlOutcome, headOf, newestOf, withBody } from './http-text.ts';
import type { Requests } from './requests.ts';
import { type Beat, versionOf } from './workload.ts';

/**
 * The servers that somebody would run instead: `naive`, an insert in Cassandra for each heartbeat; `stock`, Apollo
 * Server as its guide starts it over the product's own merge; `postgraphile`, a function of PostgreSQL.
 */
const peers = {
  naive: {
    document:
      'mutation Beat($input: HeartbeatInput!) { recordHeartbeat(input: $input) { outcome title positionMs } }',
    inputOf: (beat: Beat) => {
      const { session, sequence, elapsedMs, positionMs } = beat;
      const { profileId, title, device, sessionId, durationMs } = session;
      return {
        ...{ profileId, title, deviceId: device.id, deviceKind: device.kind, sessionId },
        ...{ sequence, event: 'HEARTBEAT', elapsedMs, positionMs, durationMs },
        activityAtUs: versionOf(beat).slice(0, 16),
      };
    },
  },
  stock: {
    document:
      'mutation Beat($input: HeartbeatInput!) { recordHeartbeat(input: $input) { outcome durability nextHeartbeatInMs } }',
    inputOf: ({ session, sequence, elapsedMs, positionMs }: Beat) => {
      const { profileId, title, device, sessionId, anchorMs, durationMs } = session;
      return {
        ...{ profileId, title, device, sessionId, anchorMs, durationMs },
        ...{ sequence, event: 'HEARTBEAT', elapsedMs, positionMs },
      };
    },
  },
  postgraphile: {
    document:
      'mutation Beat($input: RecordHeartbeatInput!) { recordHeartbeat(input: $input) { outcome: result } }',
    inputOf: (beat: Beat) => {
      const { profileId, title, device, sessionId, durationMs } = beat.session;
      return {
        ...{ profileId, title, deviceId: device.id, deviceKind: device.kind, sessionId },
        ...{ event: 'HEARTBEAT', positionMs: beat.positionMs, durationMs },
        version: versionOf(beat),
      };
    },
  },
} as const;

export type PeerDialect = keyof typeof peers;

export function isPeerDialect(dialect: string): dialect is PeerDialect {
  return Object.hasOwn(peers, dialect);
}

export function peerRequests(dialect: PeerDialect, host: string): Requests {
  const { document, inputOf } = peers[dialect];
  const start = `{"query":${JSON.stringify(document)},"variables":{"input":`;
  return {
    of: (batch) => withBody(headOf(host), `${start}${JSON.stringify(inputOf(newestOf(batch)))}}}`),
    outcomeIn: (answer) => graphqlOutcome(answer, 'recordHeartbeat'),
  };
}
