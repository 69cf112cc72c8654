import { erasureTransition } from '../../domain/erasure.ts';
import { PlatformError } from '../../domain/errors.ts';
import type { Play } from '../../domain/play.ts';
import type { Transition } from '../../domain/transition.ts';
import { partitionOf } from '../../domain/version.ts';
import type { Viewing } from '../../domain/viewing.ts';
import type { Erasing } from '../erasures.ts';
import type { Offset } from '../event-stream.ts';
import { StoreUnreachable } from '../faults.ts';
import { byProfile, inOrder, openPlayKey, playKey, unpackPlay } from '../viewing-fold.ts';
import type { PlayKey, ProfileLearning, ViewingBatch, ViewingStore } from '../viewing-store.ts';
import { RedisConnection, type RedisConnectionOptions } from './connection.ts';
import { eachKey } from './each-key.ts';
import { openProfileKey, profileViewKeys, viewKeys } from './keys.ts';
import { readScript } from './scripts.ts';
import { type LoadedBatch, loadBatch } from './view-load.ts';
import { changesOf, folded, memberOf, openMember } from './view-profile.ts';

/** Redis does nothing else while a batch is stored: 3 ms, where each entry is another profile's. */
const batchLengthMax = 100;
/** Two consumers of one partition meet seldom, and one of them is always through. */
const attemptsMax = 5;

const scripts = {
  commit: readScript('view-commit'),
  recent: readScript('view-recent'),
  correct: readScript('view-correct'),
  optOut: readScript('view-opt-out'),
};

export interface RedisViewingOptions extends RedisConnectionOptions {
  partitions: number;
}

/**
 * The view in Redis, which the processes of the subgraph share: each follows the whole stream, and one
 * of them folds each batch.
 *
 * What a batch touches is read, folded here by the rules of the domain, and stored in one step if nobody
 * wrote that partition meanwhile. Keys have no TTL: nobody else has what they hold.
 */
export async function openRedisViewingStore(options: RedisViewingOptions): Promise<ViewingStore> {
  return new RedisViewingStore(await RedisConnection.open(options), options.partitions);
}

class RedisViewingStore implements ViewingStore {
  readonly batchLengthMax = batchLengthMax;
  readonly #connection: RedisConnection;
  readonly #partitions: number;

  constructor(connection: RedisConnection, partitions: number) {
    this.#connection = connection;
    this.#partitions = partitions;
  }

  async offset(partition: number): Promise<Offset | null> {
    const { consumed } = viewKeys(partition);
    return this.#connection.ask('read the offset', (client) => client.hget(consumed, 'o'));
  }

  async fold(batch: ViewingBatch): Promise<string[]> {
    const profiles = this.#profilesOf(batch);
    const { partition } = batch;
    let { expected } = batch;
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const loaded = await loadBatch(this.#connection, { partition, profiles, expected });
      if (isPast(loaded.offset, batch)) return [...profiles.keys()];
      const changed = await this.#tryStore(batch, loaded);
      if (changed !== null) return changed;
      expected = undefined;
    }
    throw new StoreUnreachable('Other consumers were always faster.');
  }

  async recent(query: { profileId: string; limit: number }): Promise<Viewing[]> {
    const { recency, viewings } = this.#keysOf(query.profileId);
    const bodies = await this.#connection.run(scripts.recent, {
      keys: [recency, viewings],
      args: [query.limit],
    });
    return (bodies as string[]).map((body) => JSON.parse(body) as Viewing);
  }

  async plays(profileId: string): Promise<Play[]> {
    const { plays } = this.#keysOf(profileId);
    const bodies = await this.#connection.ask('read plays', (client) => client.hgetall(plays));
    return inOrder(
      Object.entries(bodies).map(([key, body]) => unpackPlay(openPlayKey(key), body).play),
    );
  }

  async endedPlays(query: {
    beforeMs: number;
    limit: number;
  }): Promise<(PlayKey & { play: Play })[]> {
    const found: (PlayKey & { play: Play })[] = [];
    for (let partition = 0; partition < this.#partitions; partition += 1) {
      const limit = query.limit - found.length;
      if (limit <= 0) break;
      const { unclaimed } = viewKeys(partition);
      const members = await this.#connection.ask('find ended plays', (client) =>
        client.zrangebyscore(unclaimed, '-inf', Math.floor(query.beforeMs), 'LIMIT', 0, limit),
      );
      found.push(...(await Promise.all(members.map((member) => this.#ended(member)))).flat());
    }
    return found;
  }

  async claimPlay(key: PlayKey): Promise<boolean> {
    const { unclaimed } = viewKeys(partitionOf(key.profileId, this.#partitions));
    const removed = await this.#connection.ask('claim a play', (client) =>
      client.zrem(unclaimed, memberOf(key.profileId, playKey(key))),
    );
    return removed === 1;
  }

  async learning(profileId: string): Promise<ProfileLearning> {
    const { profile } = this.#keysOf(profileId);
    const [optedOut, correction] = await this.#connection.ask('read what was learned', (client) =>
      client.hmget(profile, 'o', 'c'),
    );
    const bytes = typeof correction === 'string' ? Buffer.from(correction, 'base64') : null;
    return { isOptedOut: optedOut === '1', correction: bytes };
  }

  async putCorrection(profileId: string, correction: Uint8Array | null): Promise<void> {
    const text = correction === null ? '' : Buffer.from(correction).toString('base64');
    const { profile } = this.#keysOf(profileId);
    await this.#connection.run(scripts.correct, { keys: [profile], args: [text] });
  }

  async setOptOut(profileId: string, isOptedOut: boolean): Promise<void> {
    const { profile } = this.#keysOf(profileId);
    await this.#connection.run(scripts.optOut, { keys: [profile], args: [isOptedOut ? 1 : 0] });
  }

  async erase(erasing: Erasing): Promise<void> {
    const { profileId } = erasing;
    const partition = partitionOf(profileId, this.#partitions);
    const profiles = new Map([[profileId, [erasureTransition(erasing)]]]);
    for (let attempt = 0; ; attempt += 1) {
      const loaded = await loadBatch(this.#connection, {
        partition,
        profiles,
        expected: undefined,
      });
      const { offset } = loaded;
      if ((await this.#tryStore({ partition, offset }, loaded)) !== null) break;
      if (attempt === attemptsMax) throw new StoreUnreachable('Consumers were always faster.');
    }
    const { profile } = this.#keysOf(profileId);
    await this.#connection.ask('forget what was learned', (client) =>
      client.hdel(profile, 'o', 'c'),
    );
  }

  async eachProfile(visit: (profileId: string) => Promise<void>): Promise<void> {
    await eachKey(this.#connection, 'cw:{*}:[vpi]:*', (key) => visit(openProfileKey(key)));
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  #keysOf(profileId: string) {
    return profileViewKeys({ partition: partitionOf(profileId, this.#partitions), profileId });
  }

  /** Errors: PlatformError INTERNAL_SERVER_ERROR when one could never be stored or found again. */
  #profilesOf({ partition, transitions }: ViewingBatch): Map<string, Transition[]> {
    try {
      const profiles = byProfile(transitions);
      for (const profileId of profiles.keys()) {
        if (partitionOf(profileId, this.#partitions) !== partition) {
          throw new RangeError(`A profile is not of partition ${partition}.`);
        }
      }
      return profiles;
    } catch (cause) {
      throw new PlatformError('A batch cannot be stored.', {
        code: 'INTERNAL_SERVER_ERROR',
        cause,
      });
    }
  }

  /** Null when somebody wrote the partition meanwhile, or it has been read up to another place. */
  async #tryStore(
    { partition, offset }: { partition: number; offset: Offset | null },
    { revision, profiles }: LoadedBatch,
  ): Promise<string[] | null> {
    if (profiles === null) return null;
    const after = profiles.map(folded);
    const changes = after.map((profile, place) => changesOf(profile, place));
    const { consumed, unclaimed } = viewKeys(partition);
    const keys = after.flatMap(({ keys: own }) => [
      ...[own.viewings, own.recency, own.plays, own.profile],
    ]);
    const stored = await this.#connection.run(scripts.commit, {
      keys: [consumed, unclaimed, ...keys],
      args: [revision, offset ?? '', ...changes.flat()],
    });
    if (stored !== 1) return null;
    return after
      .filter((_, place) => changes[place]?.length !== 0)
      .map(({ profileId }) => profileId);
  }

  /** Nothing when it was forgotten meanwhile. */
  async #ended(member: string): Promise<(PlayKey & { play: Play })[]> {
    const { profileId, key } = openMember(member);
    const { plays } = this.#keysOf(profileId);
    const body = await this.#connection.ask('read a play', (client) => client.hget(plays, key));
    const of = openPlayKey(key);
    return body === null ? [] : [{ profileId, ...of, play: unpackPlay(of, body).play }];
  }
}

/** Whether another consumer has come past this batch. */
function isPast(stored: Offset | null, { expected, offset }: ViewingBatch): boolean {
  if (expected === undefined || stored === null || stored === expected) return false;
  return stored >= offset;
}
