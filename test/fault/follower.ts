import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Pushed } from './history.ts';
import { type GivenPlayhead, operations, servedOf } from './load-client.ts';
import type { ClientOptions, Target } from './players.ts';

/** How soon a stream that ended is followed again. */
const followAgainMs = 100;

/** Follows a profile live through one process, and again whenever the stream ends. */
export class Follower {
  readonly name: string;
  readonly #client: ReturnType<typeof createClient>;
  readonly #done: Promise<void>;
  #isClosed = false;

  constructor(options: ClientOptions, to: Target) {
    this.name = `${options.profileId}/live/${to.name}`;
    this.#client = createClient({
      url: `${to.url.replace('http', 'ws')}/ws`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    });
    this.#done = this.#follow(options, to);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#client.dispose();
    await this.#done;
  }

  async #follow({ history, profileId, token }: ClientOptions, to: Target): Promise<void> {
    // As a gateway does: one socket may carry many viewers, so each operation says whose it is.
    const extensions = { headers: { authorization: `Bearer ${token}` } };
    while (!this.#isClosed) {
      const stream = this.#client.iterate<{
        playheadUpdates: { kind: Pushed['kind']; playheads: GivenPlayhead[] };
      }>({ query: operations.follow, extensions });
      try {
        for await (const { data } of stream) {
          const update = data?.playheadUpdates;
          if (update === undefined || update === null) break;
          const playheads = update.playheads.map((it) => [it.playableId, servedOf(it)] as const);
          history.pushed({
            client: this.name,
            process: to.name,
            region: to.region,
            profileId,
            kind: update.kind,
            playheads: Object.fromEntries(playheads),
          });
        }
      } catch {
        // The process or its stores are away: a client subscribes again, and gets a snapshot.
      }
      await delay(followAgainMs);
    }
  }
}
