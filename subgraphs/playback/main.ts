import { randomUUID } from 'node:crypto';
import { defaultPolicy, type Policy } from '../../domain/policy.ts';
import type { Clock } from '../../runtime/clock.ts';
import { openSessionSigner, openTokenVerifier, type Signer } from '../../runtime/identity.ts';
import { rateLimitOf } from '../../runtime/limit-settings.ts';
import type { Logger } from '../../runtime/log.ts';
import { pseudonymKeyOf, pseudonymOf } from '../../runtime/pseudonym.ts';
import { RateLimits } from '../../runtime/rate-limits.ts';
import { type ProcessParts, runSubgraph } from '../../runtime/run-process.ts';
import { openSubgraph, type Subgraph } from '../../runtime/subgraph.ts';
import { readSubgraph } from '../../schema/subgraph-source.ts';
import { guardWatchLog } from '../../stores/breaker.ts';
import type { EventStream } from '../../stores/event-stream.ts';
import { openPlaybackStores, openRateLimiter, type PlaybackStores } from '../../stores/open.ts';
import { type Context, createContext } from './context.ts';
import { EventCopier } from './copy-events.ts';
import { fencingAgain } from './fence-again.ts';
import { Fences, type FencesByKey } from './fences.ts';
import { WatchLogKeeper } from './keep-watch-log.ts';
import { createPlaybackMeters, meteredResolvers } from './meters.ts';
import { createPlaybackMetrics } from './metrics.ts';
import type { ReassignDeps } from './reassign-session.ts';
import { tracedStores } from './traced-stores.ts';
import { keepStreamTrimmed } from './trim-events.ts';
import { breakerFor, createTwoTiers, type TwoTiers } from './two-tiers.ts';

/** The playback subgraph, and the event stream that it feeds. */
export interface PlaybackSubgraph extends Subgraph<Context> {
  events: EventStream;
}

/**
 * Opens the stores and puts the subgraph together.
 *
 * Errors: PlatformError STATE_UNAVAILABLE when a store cannot be opened.
 */
export async function openPlayback(
  parts: ProcessParts & { stores?: PlaybackStores },
): Promise<PlaybackSubgraph> {
  const { config, clock, log } = parts;
  const policy: Policy = { ...defaultPolicy, heartbeatEveryMs: config.PLAYBACK_HEARTBEAT_MS };
  const opened = parts.stores ?? (await openPlaybackStores(config, { clock, policy, log }));
  const stores = tracedStores(opened, parts);
  const { events } = stores;
  const intervalMs = config.PLAYBACK_WRITE_BEHIND_MS;
  const meters = createPlaybackMeters();
  const { onFlushed } = meters;
  const signer = await openSessionSigner(config);
  const { fences, reapplyFences } = openFences(stores, { signer, clock, log });
  const owner = randomUUID();
  const tiers = createTwoTiers({
    ...{ ...stores, clock, log, intervalMs, onFlushed, owner, reapplyFences },
  });
  const copier = new EventCopier({ ...stores, owner, clock, log });
  const stopTrimming = keepStreamTrimmed({ events, clock, log });
  const { rates, limiter } = await openDeviceRates(parts);
  const verifier = parts.verifier ?? (await openTokenVerifier(config, clock));
  const breaker = breakerFor('watch log', { clock, log });
  const watchLog = guardWatchLog(stores.watchLog, breaker);
  const isUntold = (profileId: string) => tiers.restorer.lacks(profileId);
  const keeper = new WatchLogKeeper({ events, watchLog, clock, log, intervalMs, isUntold });
  const deps: ReassignDeps = {
    hot: tiers.hot,
    reader: tiers.reader,
    writePath: tiers.writePath,
    watchLog: keeper,
    events,
    rates,
    clock,
    policy,
    signer,
    nonce: randomUUID,
    log,
    fences,
  };
  const { typeDefs } = await readSubgraph('playback');
  const metrics = createPlaybackMetrics(tiers, {
    ...{ registry: meters.registry, clock, unreadable: stores.unreadable, copier },
    watchLog: { events, keeper, breaker },
  });
  await fences.start();
  tiers.start();
  keeper.start();
  copier.start();
  const subgraph = await openSubgraph<Context>({
    name: 'playback',
    typeDefs,
    resolvers: meteredResolvers(meters),
    log,
    contextFor: async ({ authorization }, moment) =>
      createContext(deps, await verifier.verify(authorization, moment)),
    metrics: async () => (await metrics()) + rates.metrics(),
    isReady: tiers.hasAnswered,
    async close() {
      stopTrimming();
      try {
        for (const each of [copier, fences, keeper]) await each.close();
        await drained(tiers, { log, isHotMortal: stores.isHotMortal });
      } finally {
        await limiter.close();
        await stores.close();
      }
    },
  });
  return { ...subgraph, events };
}

async function openDeviceRates({ config, clock, log }: ProcessParts) {
  const limiter = await openRateLimiter(config, {
    clock,
    onChange: (state) => log.warn({ state }, 'shared rate limits'),
  });
  const rates = new RateLimits({
    limiter,
    limits: { device: rateLimitOf(config.RATE_LIMIT_DEVICE) },
    metricName: 'playhead_rate_limited_total',
  });
  return { rates, limiter };
}

/**
 * A hot store that lives in this process cannot be reached by whoever erases a profile: it is erased here,
 * as soon as the fence is known.
 */
function openFences(
  stores: PlaybackStores,
  { signer, clock, log }: { signer: Signer; clock: Clock; log: Logger },
): { fences: Fences; reapplyFences: (partition: number) => Promise<void> } {
  const { erasures, hot, durable, isHotMortal } = stores;
  const key = pseudonymKeyOf(signer);
  const keyOf = (profileId: string) => pseudonymOf(profileId, { key });
  const onNew = (fences: FencesByKey) =>
    hot.eachProfile(async (profileId) => {
      const fence = fences.get(keyOf(profileId));
      if (fence === undefined) return;
      await durable.erase({ profileId, fence });
      await hot.erase({ profileId, fence, nowMs: clock.nowMs() });
    });
  const fences = new Fences({ erasures, keyOf, clock, log, ...(isHotMortal && { onNew }) });
  const reapplyFences = fencingAgain({ hot, clock, keyOf, known: () => fences.known });
  return { fences, reapplyFences };
}

/**
 * What is owed goes to the durable store before the hot one disappears. A hot store that outlives this
 * process keeps what could not be drained, and another process drains it.
 */
async function drained(
  tiers: TwoTiers,
  { log, isHotMortal }: { log: Logger; isHotMortal: boolean },
): Promise<void> {
  try {
    await tiers.close();
  } catch (error) {
    if (isHotMortal) throw error;
    log.warn({ err: error }, 'what is still dirty stays in the hot store');
  }
}

if (import.meta.main) {
  await runSubgraph({
    name: 'playback',
    open: openPlayback,
    port: (config) => config.PLAYBACK_PORT,
    framesSocket: (config) => config.PLAYBACK_FRAMES_SOCKET,
  });
}
