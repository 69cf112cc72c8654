import { defaultPolicy } from '../domain/policy.ts';
import { encodeSessionToken } from '../domain/session-token.ts';
import type { Signer } from '../runtime/identity.ts';
import { createLog } from '../runtime/log.ts';
import type { DurableStore, ProfileBatch } from '../stores/durable-store.ts';
import { openEmbeddedHotStore } from '../stores/embedded/hot.ts';
import { openEmbeddedLeases } from '../stores/embedded/lease.ts';
import { openEmbeddedEventStream } from '../stores/embedded/stream.ts';
import { sparedKnownDevices } from '../stores/known-devices.ts';
import { recordHeartbeats } from '../subgraphs/playback/record-heartbeats.ts';
import { createTwoTiers } from '../subgraphs/playback/two-tiers.ts';
import { ManualClock } from '../test/support/manual-clock.ts';
import { benchProfiles, partitions, type WatchSession } from './workload.ts';

/** The interval over Redis, which is what protects a Cassandra. */
const intervalMs = 30_000;
/** Intervals between heartbeats, from far too eager to a paused player's. */
export const beatsS = [1, 2, 5, 10, 30, 60] as const;
/** Profiles with two sessions each; the figures are per session, more of them say no more. */
const profiles = 8;
/** Watched before counting begins: the first window is shorter than the others. */
const settleMs = 120_000;

/** What reached the durable store while one session was watched for a minute. */
export interface WrittenRows {
  beatS: number;
  heartbeats: number;
  /** For each heartbeat, and for each session and minute: registers and descriptions of devices. */
  rowsPerHeartbeat: number;
  rowsPerMinute: number;
}

/**
 * Watches at each beat through the production write path and write-behind, over the embedded hot
 * store and a durable store that counts, on a clock that is moved by hand: deterministic.
 */
export async function countRows(watchedMs: number): Promise<WrittenRows[]> {
  const written: WrittenRows[] = [];
  for (const beatS of beatsS) written.push(await countAt(beatS, watchedMs));
  return written;
}

async function countAt(beatS: number, watchedMs: number): Promise<WrittenRows> {
  const clock = new ManualClock();
  const counting = new CountingStore();
  const durable = sparedKnownDevices(counting, clock);
  const log = createLog({ level: 'warn', part: 'bench' });
  const events = openEmbeddedEventStream({ path: ':memory:', partitions, clock });
  const hot = openEmbeddedHotStore({ policy: defaultPolicy, partitions, events });
  const leases = openEmbeddedLeases({ clock });
  const tiers = createTwoTiers({
    ...{ hot, durable, leases, clock, log, intervalMs, owner: 'bench' },
  });
  const rates = { admit: async () => {} };
  const deps = { ...tiers, rates, clock, log, policy: defaultPolicy, signer, nonce: () => '' };
  const range = { first: 0, count: profiles, anchorMs: clock.nowMs() };
  const sessions = benchProfiles(range).flatMap((profile) => profile.sessions);
  tiers.start();
  let sequence = 0;
  const watch = async (forMs: number) => {
    for (let leftMs = forMs; leftMs > 0; leftMs -= beatS * 1_000) {
      sequence += 1;
      await clock.advance(beatS * 1_000);
      const elapsedMs = clock.nowMs() - range.anchorMs;
      for (const session of sessions) await beat(deps, session, { sequence, elapsedMs });
    }
  };
  await watch(settleMs);
  counting.forget();
  const before = sequence;
  await watch(watchedMs);
  const heartbeats = (sequence - before) * sessions.length;
  const { rows } = counting;
  await tiers.close();
  await hot.close();
  await events.close();
  return {
    beatS,
    heartbeats,
    rowsPerHeartbeat: rows / heartbeats,
    rowsPerMinute: rows / sessions.length / (watchedMs / 60_000),
  };
}

/** Errors: throws when the heartbeat did not become the playhead in force. */
async function beat(
  deps: Parameters<typeof recordHeartbeats>[0],
  session: WatchSession,
  { sequence, elapsedMs }: { sequence: number; elapsedMs: number },
): Promise<void> {
  const { profileId, device, durationMs } = session;
  const token = {
    ...{ profileId, title: session.title, sessionId: session.sessionId, durationMs },
    ...{ deviceId: device.id, deviceKind: device.kind, deviceName: device.name },
    ...{ anchorMs: session.anchorMs, issuedAtMs: session.anchorMs },
    ...{ startedFrom: null, isStale: false, creditsStartMs: null },
  };
  const { outcome } = await recordHeartbeats(deps, profileId, {
    session: encodeSessionToken(token, signer.sign),
    heartbeats: [
      {
        ...{ sequence, event: 'HEARTBEAT', elapsedMs, positionMs: elapsedMs, durationMs },
        fromPositionMs: null,
      },
    ],
  });
  if (outcome === 'REFUSED') throw new Error(`${profileId} was answered ${outcome}.`);
}

const signer: Signer = { sign: () => 'signed', isValid: () => true };

/** A durable store that remembers nothing but how much it was given. */
class CountingStore implements DurableStore {
  rows = 0;

  forget(): void {
    this.rows = 0;
  }

  async write({ titles, devices }: ProfileBatch): Promise<void> {
    this.rows += devices.length;
    for (const { playhead, visibility } of titles) {
      this.rows += Number(playhead !== null) + Number(visibility !== null);
    }
  }

  async read() {
    return { titles: new Map(), unreadable: [], devices: [], isRemote: false };
  }

  async erase(): Promise<void> {}

  async eachProfile(): Promise<void> {}

  async close(): Promise<void> {}
}
