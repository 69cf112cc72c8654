import { randomUUID } from 'node:crypto';
import { packPlayhead } from '../../domain/codec.ts';
import { erasureTransition, floorOf } from '../../domain/erasure.ts';
import { floorTitle } from '../../domain/playhead.ts';
import type { Policy } from '../../domain/policy.ts';
import { partitionOf } from '../../domain/version.ts';
import type { ReadPoint } from '../accepted-stream.ts';
import type { Erasing } from '../erasures.ts';
import {
  type Backlog,
  type DirtyTitle,
  type HotProfile,
  type HotStore,
  type Hydration,
  type MergeRequest,
  type MergeResult,
  oneByTitle,
  type QuarantinedTitle,
  type SettledTitle,
  type StoreIdentity,
  type TakenIn,
} from '../hot-store.ts';
import { Channels } from './channels.ts';
import { RedisConnection, type RedisConnectionOptions } from './connection.ts';
import { packDevice, unpackDevice } from './device.ts';
import { eachKey } from './each-key.ts';
import { openProfileKey, type PartitionKeys, partitionKeys, profileKeys } from './keys.ts';
import { MergeBatches } from './merge-batches.ts';
import {
  cleanProfileTtlMs,
  MergeCall,
  type MergeReply,
  mergeResult,
  packState,
} from './merge-call.ts';
import { outConstants, type RegionOptions } from './out.ts';
import {
  type ProfileReply,
  pairs,
  UnreadableValue,
  unpackProfile,
  unpackState,
} from './packed-profile.ts';
import { readScript, type Script } from './scripts.ts';
import { eventsLengthMax } from './stream.ts';
import { TakeIn } from './take-in.ts';

/** Titles that one step makes dirty again: what a drain takes at once. */
const replayLengthMax = 200;
/** Unreadable values that one call moves out of its way; more than that is no accident. */
const setAsideMax = 8;

const scripts = {
  identity: readScript('identity'),
  read: readScript('read'),
  hydrate: readScript('hydrate'),
  raiseGeneration: readScript('raise-generation'),
  due: readScript('due'),
  settle: readScript('settle'),
  quarantine: readScript('quarantine'),
  replay: readScript('replay'),
  setAside: readScript('set-aside'),
  backlog: readScript('backlog'),
};

export interface RedisHotOptions extends RedisConnectionOptions {
  policy: Policy;
  partitions: number;
  /** Told to other regions. Default: there are none. */
  region?: RegionOptions;
}

/**
 * The hot store in Redis 7 or later, one Redis or a Redis Cluster: every method is one script. Closing it
 * closes the connection.
 */
export async function openRedisHotStore(
  options: RedisHotOptions,
  connecting = RedisConnection.open(options),
): Promise<HotStore> {
  return new RedisHotStore(await connecting, options);
}

type DueReply = [
  member: string,
  sinceMs: string,
  playhead: string | null,
  visibility: string | null,
  deviceHash: string | null,
  kindAndId: string | null,
  name: string | null,
];

class RedisHotStore implements HotStore {
  readonly partitions: number;
  readonly #policy: Policy;
  readonly #isCluster: boolean;
  readonly #connection: RedisConnection;
  readonly #channels: Channels;
  readonly #mergeCall: MergeCall;
  readonly #takeIn: TakeIn;
  readonly #takeOver: Script;
  readonly #erase: Script;
  readonly #batches: MergeBatches<MergeReply>[];

  constructor(connection: RedisConnection, options: RedisHotOptions) {
    this.partitions = options.partitions;
    this.#policy = options.policy;
    this.#isCluster = 'clusterNodes' in options.address;
    this.#connection = connection;
    this.#channels = new Channels(connection, options.clock);
    this.#mergeCall = new MergeCall(options);
    this.#takeIn = new TakeIn(connection, options);
    this.#takeOver = readScript('take-over', outConstants(options));
    this.#erase = readScript('erase', outConstants(options));
    this.#batches = Array.from(
      { length: options.partitions },
      (_, partition) => new MergeBatches((requests) => this.#mergeBatch(partition, requests)),
    );
  }

  failureDomain(partition: number): string {
    return this.#isCluster ? `partition ${partition}` : 'redis';
  }

  async identity(partition: number): Promise<StoreIdentity & { isWritable: boolean }> {
    const { generation, leases } = partitionKeys(partition);
    const reply = await this.#connection.run(scripts.identity, {
      keys: [generation, `${leases}:none`],
      args: [],
    });
    const [epoch, raised, isWritable] = reply as [string, string, number];
    return { epoch, generation: Number(raised), isWritable: isWritable === 1 };
  }

  merge(request: MergeRequest): Promise<MergeResult> {
    const { writes } = request;
    const one = writes.length < 2 ? request : { ...request, writes: oneByTitle(writes) };
    const batches = this.#batches[this.#partition(request.profileId)] as MergeBatches<MergeReply>;
    return this.#readable(async () => mergeResult(one, await batches.add(one)));
  }

  async read(query: {
    profileId: string;
    titles: readonly string[] | null;
    nowMs: number;
  }): Promise<HotProfile> {
    const { profile, sessions, partition } = this.#keys(query.profileId);
    // Nothing asked for is not everything: the floor alone is what an empty list reads.
    const titles = query.titles?.length === 0 ? ['*'] : (query.titles ?? []);
    return this.#readable(async () => {
      const reply = await this.#connection.run(scripts.read, {
        keys: [profile, sessions, partition.generation],
        args: [query.nowMs, newIncarnation(), cleanProfileTtlMs, ...titles],
      });
      return unpackProfile(query.profileId, reply as ProfileReply, this.#policy);
    });
  }

  async hydrate(hydration: Hydration): Promise<string[]> {
    const { profileId, titles, devices, witness, nowMs, markMs } = hydration;
    const { profile, partition } = this.#keys(profileId);
    const rows = [...titles].map(([title, state]) => {
      const { playhead, visibility } = packState(state);
      return [title, playhead, visibility];
    });
    const named = devices.map(packDevice);
    const risen = await this.#connection.run(scripts.hydrate, {
      keys: [profile, partition.dirty, partition.quarantine, partition.generation],
      args: [
        ...[profileId, nowMs, cleanProfileTtlMs, markMs],
        ...[witness.epoch, witness.generation, witness.incarnation],
        ...[rows.length, ...rows.flat()],
        ...named.flatMap(({ hash, kindAndId, name }) => [hash, kindAndId, name]),
      ],
    });
    return titlesOf(risen as string[]);
  }

  async takeOver(of: Parameters<HotStore['takeOver']>[0]): Promise<boolean> {
    const { profileId, from, by } = of;
    const { profile, sessions, partition } = this.#keys(profileId);
    const { kindAndId, name } = packDevice(by.device);
    const isKnown = await this.#connection.run(this.#takeOver, {
      keys: [profile, sessions, partition.out],
      args: [from, by.sessionId, by.at, kindAndId, name],
    });
    return isKnown === 1;
  }

  async dropMark(profileId: string): Promise<void> {
    const { profile } = this.#keys(profileId);
    // Deleting fields works even when Redis is full.
    await this.#connection.ask('drop mark', (client) => client.hdel(profile, '#h', '#i'));
  }

  async raiseGeneration(partition: number): Promise<void> {
    const { generation } = partitionKeys(partition);
    await this.#connection.run(scripts.raiseGeneration, { keys: [generation], args: [] });
  }

  takeIn(taken: TakenIn): Promise<ReadPoint | null> {
    return this.#takeIn.takeIn(taken);
  }

  takenUpTo(of: { partition: number; region: string }): Promise<ReadPoint | null> {
    return this.#takeIn.takenUpTo(of);
  }

  async due(query: {
    partition: number;
    sinceMs: number;
    skip: number;
    limit: number;
  }): Promise<DirtyTitle[]> {
    const { dirty, profilePrefix } = partitionKeys(query.partition);
    const rows = await this.#connection.run(scripts.due, {
      keys: [dirty],
      args: [query.sinceMs, query.limit, profilePrefix, query.skip],
    });
    const titles: DirtyTitle[] = [];
    for (const row of rows as DueReply[]) {
      const title = await this.#dirtyTitle(query.partition, row);
      if (title !== null) titles.push(title);
    }
    return titles;
  }

  async settle(done: {
    partition: number;
    titles: readonly SettledTitle[];
    nowMs: number;
  }): Promise<void> {
    if (done.titles.length === 0) return;
    const { dirty, quarantine, profilePrefix } = partitionKeys(done.partition);
    const rows = done.titles.map(({ profileId, title, playheadVersion, visibilityVersion }) => [
      profileId,
      title,
      playheadVersion ?? '',
      visibilityVersion ?? '',
    ]);
    await this.#connection.run(scripts.settle, {
      keys: [dirty, quarantine, ...done.titles.map(({ profileId }) => profilePrefix + profileId)],
      args: [done.nowMs, cleanProfileTtlMs, ...rows.flat()],
    });
  }

  async quarantine(poison: { partition: number; profileId: string; title: string }): Promise<void> {
    const { partition, profileId, title } = poison;
    const { dirty, quarantine, profilePrefix } = partitionKeys(partition);
    await this.#connection.run(scripts.quarantine, {
      keys: [dirty, quarantine, profilePrefix + profileId],
      args: [`${profileId}|${title}`, title],
    });
  }

  async quarantined(query: { partition: number; limit: number }): Promise<QuarantinedTitle[]> {
    const { quarantine } = partitionKeys(query.partition);
    const reply = await this.#connection.ask('quarantined titles', (client) =>
      client.zrange(quarantine, 0, String(query.limit - 1), 'WITHSCORES'),
    );
    return pairs(reply.flat()).map(([member, sinceMs]) => ({
      ...keyOf(member),
      sinceMs: Number(sinceMs),
    }));
  }

  async replay(query: { partition: number; nowMs: number }): Promise<number> {
    const { dirty, quarantine } = partitionKeys(query.partition);
    const step = { keys: [dirty, quarantine], args: [query.nowMs, replayLengthMax] };
    let replayed = 0;
    for (;;) {
      const count = Number(await this.#connection.run(scripts.replay, step));
      replayed += count;
      if (count < replayLengthMax) return replayed;
    }
  }

  async backlog(partition: number): Promise<Backlog> {
    const { dirty, quarantine, aside } = partitionKeys(partition);
    const reply = await this.#connection.run(scripts.backlog, {
      keys: [dirty, quarantine, aside],
      args: [],
    });
    const [count, oldest, quarantined] = reply as [number, string | null, number];
    return {
      dirty: count,
      oldestSinceMs: oldest === null ? null : Number(oldest),
      quarantined,
    };
  }

  async erase({ profileId, fence, nowMs }: Erasing & { nowMs: number }): Promise<void> {
    const { profile, sessions, partition } = this.#keys(profileId);
    const { dirty, quarantine, aside, events, out } = partition;
    const told = JSON.stringify(erasureTransition({ profileId, fence }));
    await this.#connection.run(this.#erase, {
      keys: [profile, sessions, dirty, quarantine, aside, events, out],
      args: [
        ...[profileId, nowMs, cleanProfileTtlMs, fence, packPlayhead(floorOf(fence))],
        ...[eventsLengthMax, told],
      ],
    });
  }

  async eachProfile(visit: (profileId: string) => Promise<void>): Promise<void> {
    await eachKey(this.#connection, 'ph:{*}:p:*', (key) => visit(openProfileKey(key)));
  }

  async onChanged(
    profileId: string,
    listener: (titles: readonly string[]) => void,
  ): Promise<() => Promise<void>> {
    const { profile, partition } = this.#keys(profileId);
    const anyMayHave = () => listener([floorTitle]);
    const stops = await Promise.all([
      // The first to be subscribed to, and again after a lost connection: then the other one tells.
      this.#channels.listen(partition.generation, (message) => message !== null && anyMayHave()),
      // After a lost connection anything may have changed.
      this.#channels.listen(profile, (fields) =>
        fields === null ? anyMayHave() : listener(titlesOf(fields.split(','))),
      ),
    ]);
    return async () => {
      for (const stop of stops.reverse()) await stop();
    };
  }

  async close(): Promise<void> {
    this.#channels.close();
    await this.#connection.close();
  }

  async #mergeBatch(partition: number, requests: readonly MergeRequest[]): Promise<MergeReply[]> {
    const step = this.#mergeCall.step({ partition, requests });
    const answer = await this.#connection.run(this.#mergeCall.script, step);
    return this.#mergeCall.replies(requests, answer);
  }

  /** Null for a title that cannot be read: it goes into quarantine, and the drain flows on. */
  async #dirtyTitle(partition: number, row: DueReply): Promise<DirtyTitle | null> {
    const [member, sinceMs, playhead, visibility, , kindAndId, name] = row;
    const { profileId, title } = keyOf(member);
    const devices = kindAndId === null ? [] : [unpackDevice({ kindAndId, name })];
    try {
      const state = unpackState({ profileId, title, playhead, visibility });
      return { profileId, title, sinceMs: Number(sinceMs), ...state, devices };
    } catch (error) {
      if (!(error instanceof UnreadableValue)) throw error;
      await this.quarantine({ partition, profileId, title });
      return null;
    }
  }

  /** Does it again without the values that no release packed; the durable store has the last good ones. */
  async #readable<Answer>(step: () => Promise<Answer>): Promise<Answer> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await step();
      } catch (error) {
        const isHopeless = !(error instanceof UnreadableValue) || !error.isOfNoRelease;
        if (isHopeless || tries >= setAsideMax) throw error;
        await this.#setAside(error);
      }
    }
  }

  async #setAside({ profileId, field, value }: UnreadableValue): Promise<void> {
    const { profile, partition } = this.#keys(profileId);
    await this.#connection.run(scripts.setAside, {
      keys: [profile, partition.aside],
      args: [profileId, field, value],
    });
  }

  #partition(profileId: string): number {
    return partitionOf(profileId, this.partitions);
  }

  #keys(profileId: string): ReturnType<typeof profileKeys> & { partition: PartitionKeys } {
    const partition = this.#partition(profileId);
    return { ...profileKeys({ partition, profileId }), partition: partitionKeys(partition) };
  }
}

/** The titles of fields of a profile, such as `t:sintel`. */
function titlesOf(fields: readonly string[]): string[] {
  return fields.map((field) => field.slice(2));
}

/** What a member of the dirty set names; neither id can hold the separator. */
function keyOf(member: string): { profileId: string; title: string } {
  const [profileId = '', title = ''] = member.split('|');
  return { profileId, title };
}

/** No two incarnations of one profile agree. */
function newIncarnation(): string {
  return randomUUID();
}
