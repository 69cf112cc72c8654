import {
  packPlayhead,
  packVisibility,
  unpackPlayhead,
  unpackVisibility,
} from '../../domain/codec.ts';
import { floorOf } from '../../domain/erasure.ts';
import { type Device, floorTitle, type TitleState } from '../../domain/playhead.ts';
import type { DurableProfile, DurableStore, ProfileBatch } from '../../stores/durable-store.ts';
import type { Erasing } from '../../stores/erasures.ts';
import type { Chance } from '../support/chance.ts';
import { unreachable } from '../support/faulty.ts';
import type { Timeline } from './timeline.ts';
import type { Wire } from './wire.ts';

interface Cell {
  /** What decides between two values: the first 16 digits of the version. */
  timestamp: string;
  packed: string;
}

/** Ways to be wrong about which of two cells stays; for planted bugs. */
export type CellRule = 'version' | 'time of writing' | 'arrival on a tie';

/** Longest a batch, or a read, takes inside one data centre, ms. */
export const usualWorkMsMax = { write: 6, read: 6 };
/** Longest way to the other data centre while the link is up, ms. */
const replicationMsMax = 400;

/** One data centre: rows by profile, cells merged by write time and, where that is equal, by bytes. */
export class DataCentre {
  state: 'up' | 'down' | 'hung' = 'up';
  /** Longest each takes, ms: beyond the driver's patience a batch lands all the same. */
  workMsMax = usualWorkMsMax;
  /** Share of requests turned away because too many wait. */
  overload = 0;
  rule: CellRule = 'version';
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  readonly #rows = new Map<string, Map<string, Cell>>();
  readonly #devices = new Map<string, Map<string, Device>>();
  /** By profile: the write time up to which everything is deleted. */
  readonly #deleted = new Map<string, string>();
  #parked: (() => void)[] = [];

  constructor(parts: { timeline: Timeline; chance: Chance }) {
    this.#timeline = parts.timeline;
    this.#chance = parts.chance;
  }

  thaw(): void {
    this.state = 'up';
    for (const go of this.#parked.splice(0)) go();
  }

  fall(): void {
    this.state = 'down';
    this.#parked = [];
  }

  /** Runs a step in its time, or when the data centre no longer hangs. */
  async arrive<Answer>(kind: 'write' | 'read', step: () => Answer): Promise<Answer> {
    if (this.state === 'hung') await new Promise<void>((resolve) => this.#parked.push(resolve));
    if (this.#isDown() || this.#chance.of(this.overload)) throw unreachable();
    await this.#work(kind);
    // It fell meanwhile, and what was not yet in its log is gone.
    if (this.#isDown()) throw unreachable();
    const answer = step();
    await this.#work(kind);
    return answer;
  }

  apply(batch: ProfileBatch): void {
    const rows = rowsOf(this.#rows, batch.profileId);
    for (const { title, playhead, visibility } of batch.titles) {
      const put = (name: string, packed: string) =>
        this.#put(rows, { profileId: batch.profileId, name, packed });
      if (playhead !== null) put(`p${title}`, packPlayhead(playhead));
      if (visibility !== null) put(`v${title}`, packVisibility(visibility));
    }
    const devices = rowsOf(this.#devices, batch.profileId);
    for (const device of batch.devices) devices.set(device.id, device);
  }

  /** A deletion at the fence, and the floor just above it. */
  erase({ profileId, fence }: Erasing): void {
    const rows = rowsOf(this.#rows, profileId);
    const timestamp = String(BigInt(fence.slice(0, 16)) - 1n).padStart(16, '0');
    this.#deleted.set(profileId, timestamp);
    for (const [name, cell] of rows) if (cell.timestamp <= timestamp) rows.delete(name);
    this.#devices.delete(profileId);
    this.apply({
      ...{ profileId, devices: [] },
      titles: [{ title: floorTitle, playhead: floorOf(fence), visibility: null }],
    });
  }

  async eachProfile(visit: (profileId: string) => Promise<void>): Promise<void> {
    for (const [profileId, rows] of this.#rows) if (rows.size > 0) await visit(profileId);
  }

  /** What one register holds, packed. */
  register(key: string): string | undefined {
    const [profileId = '', title = '', kind = ''] = key.split('|');
    return this.#rows.get(profileId)?.get(kind.charAt(0) + title)?.packed;
  }

  profile(profileId: string): { titles: Map<string, TitleState>; devices: Device[] } {
    const titles = new Map<string, TitleState>();
    for (const [name, { packed }] of rowsOf(this.#rows, profileId)) {
      const title = name.slice(1);
      const state = titles.get(title) ?? { playhead: null, visibility: null };
      if (name.startsWith('p')) state.playhead = unpackPlayhead(packed);
      else state.visibility = unpackVisibility(packed);
      titles.set(title, state);
    }
    return { titles, devices: [...rowsOf(this.#devices, profileId).values()] };
  }

  /** Half of it before the step, half of it after. */
  async #work(kind: 'write' | 'read'): Promise<void> {
    const workMs = this.#chance.below(this.workMsMax[kind]) >> 1;
    if (workMs > 0) await this.#timeline.sleep(workMs);
  }

  #isDown(): boolean {
    return this.state === 'down';
  }

  #put(rows: Map<string, Cell>, of: { profileId: string; name: string; packed: string }): void {
    const { profileId, name, packed } = of;
    const nowUs = `${this.#timeline.nowMs()}000`;
    const timestamp = this.rule === 'time of writing' ? nowUs : packed.slice(0, 16);
    if (timestamp <= (this.#deleted.get(profileId) ?? '')) return;
    const there = rows.get(name);
    if (there === undefined || this.#wins(there, { timestamp, packed })) {
      rows.set(name, { timestamp, packed });
    }
  }

  #wins(there: Cell, here: Cell): boolean {
    if (here.timestamp !== there.timestamp) return here.timestamp > there.timestamp;
    return this.rule === 'arrival on a tie' || here.packed > there.packed;
  }
}

/** Two data centres: the one that everybody writes to, and the other one, which is told. */
export class SimulatedCassandra {
  readonly local: DataCentre;
  readonly remote: DataCentre;
  /** False: what the other one is owed waits as hints. */
  isLinkUp = true;
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  #hints: ProfileBatch[] = [];

  constructor(parts: { timeline: Timeline; chance: Chance }) {
    this.#timeline = parts.timeline;
    this.#chance = parts.chance;
    this.local = new DataCentre(parts);
    this.remote = new DataCentre(parts);
  }

  mendLink(): void {
    this.isLinkUp = true;
    for (const hint of this.#hints.splice(0)) this.#replicate(hint);
  }

  /** Everything works again. */
  mend(): void {
    for (const centre of [this.local, this.remote]) {
      centre.thaw();
      centre.workMsMax = usualWorkMsMax;
      centre.overload = 0;
    }
    this.mendLink();
  }

  /** The store as a process sees it, over its own wires. */
  storeOver(wires: { local: Wire; remote: Wire }): DurableStore {
    const readFrom = async (centre: DataCentre, profileId: string): Promise<DurableProfile> => {
      const found = await centre.arrive('read', () => centre.profile(profileId));
      return { ...found, isRemote: centre === this.remote, unreadable: [] };
    };
    return {
      write: (batch) => wires.local.ask(() => this.local.arrive('write', () => this.#write(batch))),
      read: (profileId) =>
        wires.local
          .ask(() => readFrom(this.local, profileId))
          .catch(() => wires.remote.ask(() => readFrom(this.remote, profileId))),
      // Every data centre answers, or it is done again.
      erase: (erasing) =>
        wires.local.ask(async () => {
          for (const centre of [this.local, this.remote]) {
            await centre.arrive('write', () => centre.erase(erasing));
          }
        }),
      eachProfile: (visit) => wires.local.ask(() => this.local.eachProfile(visit)),
      async close() {},
    };
  }

  #write(batch: ProfileBatch): void {
    this.local.apply(batch);
    this.#replicate(batch);
  }

  #replicate(batch: ProfileBatch): void {
    this.#timeline.after(this.#chance.below(replicationMsMax), () => {
      if (this.isLinkUp && this.remote.state === 'up') this.remote.apply(batch);
      else this.#hints.push(batch);
    });
  }
}

function rowsOf<Value>(map: Map<string, Map<string, Value>>, key: string): Map<string, Value> {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = new Map<string, Value>();
  map.set(key, made);
  return made;
}
