import { packPlayhead } from '../../domain/codec.ts';
import { PlatformError } from '../../domain/errors.ts';
import { floorTitle } from '../../domain/playhead.ts';
import type { Policy } from '../../domain/policy.ts';
import { partitionOf, writerOf } from '../../domain/version.ts';
import type { AcceptedChange, ReadPoint } from '../accepted-stream.ts';
import type { HotStore, TakenIn } from '../hot-store.ts';
import type { RedisConnection } from './connection.ts';
import { packDevice } from './device.ts';
import { partitionKeys, profileKeys } from './keys.ts';
import { cleanProfileTtlMs, packState } from './merge-call.ts';
import { comparedLength } from './plain-heartbeat.ts';
import { readScript, type Script } from './scripts.ts';
import { packSession, sessionConstants } from './session.ts';

/** What other regions accepted, on its way into this Redis (take-in.lua). */
export class TakeIn {
  readonly #connection: RedisConnection;
  readonly #policy: Policy;
  readonly #partitions: number;
  readonly #script: Script;

  constructor(connection: RedisConnection, options: { policy: Policy; partitions: number }) {
    this.#connection = connection;
    this.#policy = options.policy;
    this.#partitions = options.partitions;
    this.#script = readScript('take-in', {
      clean_ttl_ms: cleanProfileTtlMs,
      ...sessionConstants(options.policy),
    });
  }

  /** Errors: PlatformError INTERNAL_SERVER_ERROR for a profile that is not of the partition. */
  async takeIn({
    partition,
    region,
    after,
    changes,
    upTo,
  }: TakenIn): ReturnType<HotStore['takeIn']> {
    this.#checkPartition(partition, changes);
    const { readPoints } = partitionKeys(partition);
    const profiles = changes.map(({ profileId }) => profileKeys({ partition, profileId }));
    const stands = await this.#connection.run(this.#script, {
      keys: [readPoints, ...profiles.flatMap(({ profile, sessions }) => [profile, sessions])],
      args: [
        ...[region, packReadPoint(after), packReadPoint(upTo)],
        ...changes.map((change) => packChange(change, this.#policy)),
      ],
    });
    return unpackReadPoint(String(stands));
  }

  async takenUpTo(of: { partition: number; region: string }): Promise<ReadPoint | null> {
    const { readPoints } = partitionKeys(of.partition);
    const stands = await this.#connection.ask('taken up to', (client) =>
      client.hget(readPoints, of.region),
    );
    return unpackReadPoint(stands ?? '');
  }

  #checkPartition(partition: number, changes: readonly AcceptedChange[]): void {
    const isStranger = ({ profileId }: AcceptedChange) =>
      partitionOf(profileId, this.#partitions) !== partition;
    if (!changes.some(isStranger)) return;
    throw new PlatformError(`A change is not of partition ${partition}.`, {
      code: 'INTERNAL_SERVER_ERROR',
    });
  }
}

function packReadPoint(point: ReadPoint | null): string {
  return point === null ? '' : `${point.offset}|${point.isSeen ? 1 : 0}`;
}

/** Null: nothing was read, or nobody knows any more how far. */
function unpackReadPoint(packed: string): ReadPoint | null {
  const [, offset, seen] = /^(.+)\|([01])$/.exec(packed) ?? [];
  return offset === undefined ? null : { offset, isSeen: seen === '1' };
}

/** A change as take-in.lua takes it; its fence is not looked at. */
export function packChange(change: AcceptedChange, policy: Policy): string {
  return packPlainChange(change, policy) ?? packAnyChange(change, policy);
}

function packAnyChange({ writes, devices, sessions }: AcceptedChange, policy: Policy): string {
  return JSON.stringify({
    w: writes.map((write) => {
      const { playhead, visibility } = packState(write);
      return [write.title, playhead, visibility];
    }),
    d: devices.map((device) => {
      const { hash, kindAndId, name } = packDevice(device);
      return [hash, kindAndId, name];
    }),
    s: sessions.map((session) => Object.values(packSession(session, policy))),
  });
}

/** What a plain heartbeat left: one position, and the session that wrote it, playing. Else null. */
function packPlainChange(change: AcceptedChange, policy: Policy): string | null {
  const [write, ...otherWrites] = change.writes;
  const [session, ...otherSessions] = change.sessions;
  const [device, ...otherDevices] = change.devices;
  if (write?.playhead == null || session === undefined || device === undefined) return null;
  const others = otherWrites.length + otherSessions.length + otherDevices.length;
  if (others > 0 || write.visibility !== null || write.title === floorTitle) return null;

  const { id, state, played, kindAndId, name, acted, by } = packSession(session, policy);
  const named = packDevice(device);
  const { playhead, title } = write;
  const isPlain =
    playhead.status === 'IN_PROGRESS' &&
    playhead.laterFields === '' &&
    session.playerState === 'PLAYING' &&
    session.title === title &&
    by === '' &&
    acted !== '' &&
    playhead.deviceHash === named.hash &&
    kindAndId === named.kindAndId &&
    name === named.name &&
    !name.includes('\0');
  if (!isPlain) return null;
  const position = packPlayhead(playhead);
  const compared = [
    state.slice(0, comparedLength),
    position.slice(0, comparedLength),
    writerOf(playhead.version),
  ];
  const started = played.slice(0, -title.length);
  const texts = [`t:${title}`, id, position, state, acted, started, kindAndId, name];
  return `${compared.join('')}${texts.join('\0')}\0`;
}
