import type { Heartbeat } from '../../domain/heartbeat.ts';
import { confirmsStart } from '../../domain/heartbeat.ts';
import type { SessionToken } from '../../domain/session-token.ts';
import type { Version } from '../../domain/version.ts';
import type { RecordOutcome } from '../../subgraphs/playback/record-heartbeats.ts';
import { takeOver } from '../../subgraphs/playback/take-over.ts';
import { patienceMs } from './gateway.ts';
import type { Operated, PlaybackProcess } from './playback-process.ts';
import type { Region } from './region.ts';
import type { World } from './world.ts';

/** One session as its device has it. */
interface Playing {
  token: SessionToken;
  tokenText: string;
  originMs: number;
}

/** A take-over as its region answered it. */
interface TakenOverThere {
  atMs: number;
  region: Region;
  profileId: string;
}

/** "Continue here", and what may no longer be accepted of the device that was left. */
export class HandOvers {
  readonly #world: World;
  /** By profile and title: the session that reported last. */
  readonly #latest = new Map<string, SessionToken>();
  /** By session: when and where it was answered that it was taken over, and nothing was done there since. */
  readonly #taken = new Map<string, TakenOverThere>();

  /** By profile: when something of it was forgotten last, ms. */
  readonly #forgottenAtMs = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Sessions go with what is forgotten, and are known again where they report: without who took them over. */
  forget(profileId: string): void {
    this.#forgottenAtMs.set(profileId, this.#world.timeline.nowMs());
  }

  /** A session reports, whatever it is. */
  note(token: SessionToken, heartbeat: Heartbeat): void {
    this.#latest.set(nameOf(token), token);
    if (confirmsStart(heartbeat) && heartbeat.event !== 'PAUSE') {
      this.#taken.delete(token.sessionId);
    }
  }

  /** Takes over from whoever plays the title, if somebody does. */
  async take(playing: Playing, process: PlaybackProcess): Promise<void> {
    const { gateway, timeline } = this.#world;
    const { token, tokenText, originMs } = playing;
    const from = this.#latest.get(nameOf(token))?.sessionId;
    if (from === undefined || from === token.sessionId) return;
    const input = { session: tokenText, from, elapsedMs: timeline.nowMs() - originMs };
    try {
      const { answer } = await gateway.ask(process, (deps) =>
        takeOver(deps, token.profileId, input),
      );
      const isTaken = answer.from?.takenOverBy?.sessionId === token.sessionId;
      this.#world.note(`${token.sessionId} takes over from ${from}: ${isTaken}`);
      const { region } = process;
      if (isTaken)
        this.#taken.set(from, { atMs: timeline.nowMs(), region, profileId: token.profileId });
    } catch {
      // Not answered: whether it was done nobody knows, and nothing is expected of it.
    }
  }

  /** A region that knows a session, and was told of all, knows who took it over elsewhere. */
  async expectTold(of: { from: Region; to: Region; beforeMs: number }): Promise<void> {
    const { from, to, beforeMs } = of;
    for (const [sessionId, taken] of this.#taken) {
      const { profileId, atMs } = taken;
      if (
        atMs > beforeMs ||
        !wasThere(taken, from) ||
        this.#forgottenAtMs.has(profileId) ||
        to.redis.evictedAtMs(profileId) > atMs - patienceMs
      )
        continue;
      const note = await noteIn(from, profileId, sessionId);
      const known = await noteIn(to, profileId, sessionId);
      if (note === null || known === null || known >= note) continue;
      this.#world.ledger.violate('taken over everywhere', `${sessionId} is not in ${to.name}`);
    }
  }

  /**
   * What was sent after the take-over was answered, and without an act, is not accepted: as long as the
   * store still has the note, which is then where it was when this was judged.
   */
  async expectHeld(of: {
    token: SessionToken;
    batch: readonly Heartbeat[];
    sentAtMs: number;
    operated: Operated<RecordOutcome> & { process: PlaybackProcess };
  }): Promise<void> {
    const { token, batch, sentAtMs, operated } = of;
    const { answer, process } = operated;
    const { redis } = process.region;
    const { ledger } = this.#world;
    const taken = this.#taken.get(token.sessionId);
    if (taken === undefined || sentAtMs <= taken.atMs || answer.outcome !== 'ACCEPTED') return;
    // In another region, or one that lost the note, it may have come back just now.
    const isSettled = redis.region === null || wasThere(taken, process.region);
    if (!isSettled) return;
    // Past the hot store nobody knows who acted.
    const isDirect = operated.writes.some(({ written }) => written.kind === 'direct');
    if (isDirect || redis.isDeposed(process.redisClient.id)) return;
    if (batch.some((heartbeat) => confirmsStart(heartbeat) && heartbeat.event !== 'PAUSE')) return;
    const { sessions } = await redis.engine.read({
      ...{ profileId: token.profileId, titles: [], nowMs: 0 },
    });
    const session = sessions.find(({ sessionId }) => sessionId === token.sessionId);
    const takenOver = session?.takenOver ?? null;
    if (takenOver === null || (session?.actedAt ?? '') > takenOver.at) return;
    const events = batch.map(({ event }) => event).join();
    ledger.violate('held until its viewer acts', `${token.sessionId}: ${events} was accepted`);
  }
}

function wasThere({ atMs, region: where, profileId }: TakenOverThere, region: Region): boolean {
  const { redis } = region;
  const lostAtMs = Math.max(redis.lastCutMs, redis.evictedAtMs(profileId));
  return region === where && lostAtMs < atMs - patienceMs;
}

async function noteIn({ redis }: Region, profileId: string, of: string): Promise<Version | null> {
  const { sessions } = await redis.engine.read({ profileId, titles: [], nowMs: 0 });
  const session = sessions.find(({ sessionId }) => sessionId === of);
  return session === undefined ? null : (session.takenOver?.at ?? '');
}

function nameOf({ profileId, title }: SessionToken): string {
  return `${profileId}|${title}`;
}
