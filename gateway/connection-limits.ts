import type { RateLimit } from '../runtime/token-bucket.ts';

/**
 * What one client may ask of the gateway's connections, before anything that it sent is looked at. Of
 * bodies (`bodyBytesMax`) and of messages on sockets (`socketMessageBytesMax`) the size is limited
 * wherever they arrive.
 */
export interface ConnectionLimits {
  /** Honest clients send headers at once; Node's 60 s let a slow one hold a connection for a minute. */
  headersTimeoutMs: number;
  /** For a request to arrive, not to be answered: event streams live as long as they like. */
  requestTimeoutMs: number;
  /** How often Node looks for connections over these two. */
  timeoutCheckMs: number;
  /** Of all headers together: a token, cookies of a large site, and room. */
  headerBytesMax: number;
  /** Then the connection ends with that answer, so that load spreads over gateways anew: an hour of heartbeats. */
  requestsPerConnectionMax: number;
  /** Between the upgrade and `connection_init`, which clients send first of all. */
  initTimeoutMs: number;
  /** Under way at once on a socket, queries and mutations included: a page follows one to three things. */
  operationsPerSocketMax: number;
  /** Of any kind on one socket: `connection_init`, all operations at once, their ends, and as many again. */
  messages: RateLimit;
  /** Frames and graphql-ws messages together: clients ping once in 10 s, a few at once after a sleep. */
  pings: RateLimit;
  /** What a socket was sent and has not taken when it says something more; 20 snapshots are 600 kB. */
  untakenBytesMax: number;
  /** Sockets and event streams of one profile of one subject, in this process: the tabs of all its devices. */
  liveConnectionsPerViewerMax: number;
  /** The same of one address, an IPv6 network of 64 bits counting as one: an office, or a carrier's many. */
  liveConnectionsPerAddressMax: number;
}

/** What was refused may be tried again once another connection or operation has ended, whenever that is. */
export const placeRetryAfterMs = 5_000;

export const connectionLimits: ConnectionLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 15_000,
  timeoutCheckMs: 5_000,
  headerBytesMax: 16 * 1024,
  requestsPerConnectionMax: 1_000,
  initTimeoutMs: 3_000,
  operationsPerSocketMax: 20,
  messages: { burst: 50, perS: 50 },
  pings: { burst: 10, perS: 1 },
  untakenBytesMax: 1024 * 1024,
  liveConnectionsPerViewerMax: 50,
  liveConnectionsPerAddressMax: 1_000,
};
