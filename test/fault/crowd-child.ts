import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionResult } from 'graphql';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { backoffMs } from '../../client/backoff.ts';
import type { CrowdAnswer, CrowdOrder, MemberOptions, Seen } from './crowd.ts';

/** As many failures as the wait grows with, to 2 s: nobody waits a minute in a test. */
const failuresMax = 2;

const query =
  'subscription ($of: ID) { playheadUpdates(playableId: $of) { kind playheads { version positionMs } } }';

interface Update {
  playheadUpdates: { kind: string; playheads: { version: string; positionMs: number }[] };
}

/** Somebody who watches their playheads, and comes back whenever the stream ends, as the SDK does. */
class Member {
  readonly #stream: () => AsyncIterableIterator<ExecutionResult>;
  readonly #profileId: string;
  #seen: Omit<Seen, 'profileId'> = {
    version: '',
    positionMs: 0,
    atMs: 0,
    snapshots: 0,
    results: 0,
  };
  #failures = 0;

  constructor(url: string, options: MemberOptions) {
    this.#profileId = options.profileId;
    this.#stream = streams[options.kind](url, options);
  }

  get seen(): Seen {
    return { profileId: this.#profileId, ...this.#seen };
  }

  async live(): Promise<never> {
    for (;;) {
      try {
        for await (const { data } of this.#stream()) {
          if (!data) break;
          this.#take((data as unknown as Update).playheadUpdates);
        }
      } catch {
        // Whatever it was: come back later.
      }
      this.#failures = Math.min(this.#failures + 1, failuresMax);
      await delay(backoffMs({ failures: this.#failures, atLeastMs: 0 }, Math.random));
    }
  }

  #take({ kind, playheads }: Update['playheadUpdates']): void {
    this.#failures = 0;
    this.#seen.results += 1;
    if (kind === 'SNAPSHOT') this.#seen.snapshots += 1;
    for (const { version, positionMs } of playheads) {
      if (version <= this.#seen.version) continue;
      const atMs = performance.timeOrigin + performance.now();
      this.#seen = { ...this.#seen, version, positionMs, atMs };
    }
  }
}

type Open = (url: string, options: MemberOptions) => () => AsyncIterableIterator<ExecutionResult>;

const streams: Record<MemberOptions['kind'], Open> = {
  socket(url, { token, playableId }) {
    const operation = { query, variables: { of: playableId } };
    const client = createSocketClient({
      url: url.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: { authorization: `Bearer ${token}` },
    });
    return () => client.iterate(operation) as AsyncIterableIterator<ExecutionResult>;
  },
  events(url, { token, playableId }) {
    const operation = { query, variables: { of: playableId } };
    const headers = { authorization: `Bearer ${token}` };
    const client = createSseClient({ url, headers, retryAttempts: 0 });
    return () => client.iterate(operation) as AsyncIterableIterator<ExecutionResult>;
  },
};

const members: Member[] = [];

function obey(order: CrowdOrder): CrowdAnswer {
  if (order.kind === 'join') {
    const joining = order.members.map((options) => new Member(order.url, options));
    members.push(...joining);
    for (const member of joining) void member.live();
  }
  return { seen: members.map(({ seen }) => seen) };
}

process.on('message', (order: CrowdOrder) => {
  process.send?.(obey(order));
});
// Whoever started this is gone: so is the reason to run.
process.on('disconnect', () => process.exit());
