import type { Answer, Served } from './history.ts';

/** A request to the product takes at most 2 s by itself; a client that waits longer gives up. */
const clientTimeoutMs = 5_000;
/** A gateway waits for its subgraph for 4 s of these, and a busy machine for the gateway. */
export const gatewayClientTimeoutMs = 20_000;

const playheadFields = `
  playableId version positionMs durationMs status hidden device { id } freshness { source degraded }`;

/** What the load asks, for a gateway as well as for the subgraph alone. */
export const operations = {
  begin: `mutation ($input: BeginSessionInput!) {
    answer: beginSession(input: $input) { session playhead { ${playheadFields} } problems { code } }
  }`,
  beats: `mutation ($input: RecordHeartbeatsInput!) {
    answer: recordHeartbeats(input: $input) {
      outcome durability playhead { ${playheadFields} } problems { code }
    }
  }`,
  read: `query ($titles: [ID!]!) { answer: viewer { playheads(playableIds: $titles) { ${playheadFields} } } }`,
  follow: `subscription { playheadUpdates { kind playheads { ${playheadFields} } } }`,
  FINISH: byHand('finishPlayhead'),
  RESTART: byHand('restartPlayhead'),
  HIDE: byHand('hidePlayhead'),
  UNHIDE: byHand('unhidePlayhead'),
  FORGET: byHand('forgetPlayhead'),
} as const;

function byHand(field: string): string {
  return `mutation ($input: PlayheadInput!) {
    answer: ${field}(input: $input) { playhead { ${playheadFields} } problems { code } }
  }`;
}

/** A playhead as GraphQL has it. */
export interface GivenPlayhead {
  playableId: string;
  version: string;
  positionMs: number;
  durationMs: number | null;
  status: Served['status'];
  hidden: boolean;
  device: { id: string } | null;
  freshness: { source: Served['source']; degraded: boolean };
}

/** What any of the operations answers; each has some of it. */
interface GivenAnswer {
  session?: string | null;
  outcome?: string;
  durability?: string;
  playhead?: GivenPlayhead | null;
  playheads?: (GivenPlayhead | null)[] | null;
  problems?: { code: string }[];
}

export interface GivenResponse {
  data?: { answer: GivenAnswer | null } | null;
  errors?: { extensions?: { code?: string; retryAfterMs?: number } }[];
}

/** Asks by HTTP, as a gateway or a player does. */
export async function post(
  to: { url: string; token: string },
  operation: { query: string; variables: object },
  timeoutMs = clientTimeoutMs,
): Promise<GivenResponse | Error> {
  try {
    const response = await fetch(to.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${to.token}` },
      body: JSON.stringify(operation),
      signal: AbortSignal.timeout(timeoutMs),
    });
    return (await response.json()) as GivenResponse;
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } };
    return new Error(cause?.code ?? message);
  }
}

export function servedOf(given: GivenPlayhead): Served {
  const { version, positionMs, durationMs, status, hidden, device, freshness } = given;
  return {
    version,
    positionMs,
    durationMs,
    status,
    hidden,
    deviceId: device?.id ?? null,
    source: freshness.source,
    isDegraded: freshness.degraded,
  };
}

/** A response as the history has it, about these titles. */
export function answerOf(response: GivenResponse | Error, titles: readonly string[]): Answer {
  const silent = { playheads: {}, outcome: null, durability: null, errors: [], problems: [] };
  if (response instanceof Error) return { ...silent, failure: response.message };
  const errors = (response.errors ?? []).map(({ extensions }) => ({
    code: extensions?.code ?? 'none',
    retryAfterMs: extensions?.retryAfterMs ?? null,
  }));
  const given = response.data?.answer ?? null;
  if (given === null) return { ...silent, errors, failure: null };
  const playheads = given.playheads ?? (given.playhead === undefined ? [] : [given.playhead]);
  const known = titles.map((title, index) => {
    const playhead = playheads[index] ?? null;
    return [title, playhead === null ? null : servedOf(playhead)] as const;
  });
  const isBegun = typeof given.session === 'string';
  return {
    playheads: Object.fromEntries(known),
    outcome: isBegun ? 'BEGUN' : (given.outcome ?? null),
    durability: given.durability ?? null,
    errors,
    problems: (given.problems ?? []).map(({ code }) => code),
    failure: null,
  };
}
