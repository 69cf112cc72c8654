import {
  aboveFloor,
  isHidden,
  mergePlayhead,
  mergeTitle,
  publicVersion,
} from '../../domain/merge.ts';
import {
  type Device,
  floorTitle,
  type PlayheadRegister,
  type TitleState,
} from '../../domain/playhead.ts';
import type { Presence } from '../../domain/presence.ts';
import type { Transition } from '../../domain/transition.ts';
import { activityTimeMs, deviceHash, partitionOf, versionZero } from '../../domain/version.ts';
import type { ProfileStores } from '../../stores/open.ts';
import { newestOfEachPlace } from '../../stores/watch-log.ts';
import { leftInStream } from './left-in-stream.ts';

export interface ExportDeps {
  stores: Omit<ProfileStores, 'close' | 'erasures'>;
  /** The pseudonym that a profile has in the interaction log. */
  keyOf: (profileId: string) => string;
  clock: { nowMs(): number };
  /** Takes one object, which becomes one line. */
  emit: (line: object) => void;
}

/** Viewings of a profile, at most: as many titles as a profile may have. */
const viewingsMax = 10_000;

/**
 * Everything that is kept of a profile, object by object, `kind` first.
 *
 * Shape: begins with `export` and ends with `end`, which says how many lines there were and what is
 * missing; each part that could not be read is a line `missing` in its place. Reads, and changes nothing.
 * Errors: none.
 */
export async function exportProfile(deps: ExportDeps, profileId: string): Promise<void> {
  const exporting = new Exporting(deps, profileId);
  await exporting.run();
}

/** What both tiers say of a profile, together. */
interface Together {
  titles: Map<string, TitleState>;
  floor: PlayheadRegister | null;
  devices: Map<string, Device>;
  sessions: readonly Presence[];
  /** Titles whose newest state the durable store was not given yet. */
  hotOnly: ReadonlySet<string>;
}

class Exporting {
  readonly #deps: ExportDeps;
  readonly #profileId: string;
  readonly #missing: string[] = [];
  #lines = 0;

  constructor(deps: ExportDeps, profileId: string) {
    this.#deps = deps;
    this.#profileId = profileId;
  }

  async run(): Promise<void> {
    const { clock } = this.#deps;
    const at = new Date(clock.nowMs()).toISOString();
    this.#deps.emit({ kind: 'export', v: 1, profileId: this.#profileId, at });
    const together = await this.#bothTiers();
    for (const line of playheadLines(together)) this.#emit(line);
    for (const device of together.devices.values())
      this.#emit({ ...device, kind: 'device', deviceKind: device.kind });
    for (const session of together.sessions) this.#emit({ kind: 'session', ...session });
    await this.#transitions(together.floor);
    await this.#view();
    await this.#part('interaction log', async () => {
      const lines = await this.#deps.stores.interactions.of(this.#deps.keyOf(this.#profileId));
      for (const line of lines) this.#emit({ kind: 'interaction', line });
    });
    this.#deps.emit({ kind: 'end', lines: this.#lines, missing: this.#missing });
  }

  async #bothTiers(): Promise<Together> {
    const { hot, durable } = this.#deps.stores;
    const profileId = this.#profileId;
    const nowMs = this.#deps.clock.nowMs();
    if (hot === null) {
      this.#miss('hot store', 'it lives inside the server; what is not durable yet is missing');
    }
    const fromHot = await this.#part('hot store', async () =>
      hot?.read({ profileId, titles: null, nowMs }),
    );
    const fromDurable = await this.#part('durable store', () => durable.read(profileId));
    if (fromDurable?.isRemote)
      this.#miss('durable store', 'read from another data centre: it may lag');
    for (const title of fromDurable?.unreadable ?? []) {
      this.#miss('durable store', `title ${title} cannot be read`);
    }
    const stored = new Map(fromDurable?.titles);
    const floor = mergePlayhead(fromHot?.floor ?? null, stored.get(floorTitle)?.playhead ?? null);
    stored.delete(floorTitle);
    const devices = fromDurable?.devices.map((device) => [deviceHash(device.id), device] as const);
    return {
      ...merged(fromHot?.titles ?? new Map(), stored),
      floor,
      devices: new Map([...(devices ?? []), ...(fromHot?.devices ?? [])]),
      sessions: fromHot?.sessions ?? [],
    };
  }

  /** The watch log, and what the event stream holds beyond it. */
  async #transitions(floor: PlayheadRegister | null): Promise<void> {
    const { watchLog, events } = this.#deps.stores;
    const profileId = this.#profileId;
    const nowMs = this.#deps.clock.nowMs();
    const kept = await this.#part('watch log', () => watchLog.read({ profileId, nowMs }));
    const told = await this.#part('event stream', async () => {
      const partition = partitionOf(profileId, events.partitions);
      return leftInStream(events, { profileId, after: await watchLog.offset(partition) });
    });
    const all = newestOfEachPlace([...(kept ?? []), ...(told ?? [])])
      .filter(({ version }) => version > (floor?.version ?? versionZero))
      .sort((left, right) => (left.version < right.version ? -1 : 1));
    for (const { kind: what, profileId: _, ...transition } of distinct(all)) {
      this.#emit({ kind: 'transition', what, ...transition });
    }
  }

  /** What the row is ranked by. */
  async #view(): Promise<void> {
    const { viewings } = this.#deps.stores;
    const profileId = this.#profileId;
    await this.#part('view of the row', async () => {
      for (const viewing of await viewings.recent({ profileId, limit: viewingsMax })) {
        this.#emit({ kind: 'viewing', ...viewing });
      }
      for (const play of await viewings.plays(profileId)) this.#emit({ kind: 'play', ...play });
      const { isOptedOut, correction } = await viewings.learning(profileId);
      if (!isOptedOut && correction === null) return;
      const packed = correction === null ? null : Buffer.from(correction).toString('base64');
      this.#emit({ kind: 'learning', isOptedOut, correction: packed });
    });
  }

  async #part<Answer>(name: string, read: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await read();
    } catch (error) {
      this.#miss(name, (error as Error).message);
      return undefined;
    }
  }

  #miss(part: string, why: string): void {
    this.#missing.push(part);
    this.#deps.emit({ kind: 'missing', part, why });
  }

  #emit(line: object): void {
    this.#lines += 1;
    this.#deps.emit(line);
  }
}

function merged(
  hot: ReadonlyMap<string, TitleState>,
  durable: ReadonlyMap<string, TitleState>,
): Pick<Together, 'titles' | 'hotOnly'> {
  const titles = new Map(durable);
  const hotOnly = new Set<string>();
  for (const [title, state] of hot) {
    const stored = durable.get(title) ?? { playhead: null, visibility: null };
    const both = mergeTitle(stored, state);
    if (both.playhead !== stored.playhead && both.playhead?.version !== stored.playhead?.version) {
      hotOnly.add(title);
    }
    if (both.visibility?.version !== stored.visibility?.version) hotOnly.add(title);
    titles.set(title, both);
  }
  return { titles, hotOnly };
}

/** What is hot alone first, then the newest; nothing of what lies below the floor. */
function playheadLines({ titles, floor, devices, hotOnly }: Together): object[] {
  const inForce = [...titles]
    .map(([title, state]) => ({ title, state: aboveFloor(state, floor) }))
    .filter(({ state }) => publicVersion(state) > (floor?.version ?? versionZero))
    .sort((left, right) => {
      const byTier = Number(hotOnly.has(right.title)) - Number(hotOnly.has(left.title));
      return byTier || (publicVersion(left.state) > publicVersion(right.state) ? -1 : 1);
    });
  return inForce.map(({ title, state }) => {
    const { playhead } = state;
    return {
      ...{ kind: 'playhead', playableId: title, hidden: isHidden(state) },
      ...{ status: playhead?.status ?? 'NOT_STARTED', positionMs: playhead?.positionMs ?? 0 },
      durationMs: playhead?.durationMs ?? null,
      device: devices.get(playhead?.deviceHash ?? '') ?? null,
      version: publicVersion(state),
      at: new Date(activityTimeMs(publicVersion(state))).toISOString(),
      isDurable: !hotOnly.has(title),
    };
  });
}

/** The log and the stream may both have one. */
function distinct(transitions: readonly Transition[]): Transition[] {
  const byText = new Map(transitions.map((one) => [JSON.stringify(one), one]));
  return [...byText.values()];
}
