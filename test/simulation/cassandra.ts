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

  /** Every disk is gone; what the others have is copied before it serves anybody. */
  rebuildFrom(others: readonly DataCentre[]): void {
    for (const kept of [this.#rows, this.#devices, this.#deleted]) kept.clear();
    for (const other of others) this.repairFrom(other);
  }

  /** Whatever the other one has, deletions first. */
  repairFrom(other: DataCentre): void {
    for (const [profileId, timestamp] of other.#deleted) {
      const known = this.#deleted.get(profileId) ?? '';
      if (timestamp > known) this.#deleted.set(profileId, timestamp);
    }
    for (const profileId of other.#rows.keys()) this.apply(other.#all(profileId));
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

  /** Everything of a profile, as one batch. */
  #all(profileId: string): ProfileBatch {
    const { titles, devices } = this.profile(profileId);
    return {
      profileId,
      titles: [...titles].map(([title, state]) => ({ title, ...state })),
      devices,
    };
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

/** The way that writes take from one data centre to another; the way back is another one. */
export class CentreLink {
  readonly from: DataCentre;
  readonly to: DataCentre;
  #isUp = true;
  /** What the other one is owed. */
  #hints: ProfileBatch[] = [];

  constructor(from: DataCentre, to: DataCentre) {
    this.from = from;
    this.to = to;
  }

  carry(batch: ProfileBatch): void {
    if (this.#isUp && this.to.state === 'up') this.to.apply(batch);
    else this.#hints.push(batch);
  }

  cut(): void {
    this.#isUp = false;
  }

  mend(): void {
    this.#isUp = true;
  }

  /** What waited, if it can go now. */
  takeHints(): ProfileBatch[] {
    return this.#isUp && this.to.state === 'up' ? this.#hints.splice(0) : [];
  }

  loseHints(): void {
    this.#hints = [];
  }
}

/** One cluster: each data centre tells every other one what was written to it. */
export class SimulatedCassandra {
  readonly centres: readonly DataCentre[];
  readonly links: readonly CentreLink[];
  readonly #timeline: Timeline;
  readonly #chance: Chance;
  #isRepairDue = false;

  constructor(parts: { timeline: Timeline; chance: Chance; centres: number }) {
    this.#timeline = parts.timeline;
    this.#chance = parts.chance;
    this.centres = Array.from({ length: parts.centres }, () => new DataCentre(parts));
    this.links = this.centres.flatMap((from) =>
      this.centres.filter((to) => to !== from).map((to) => new CentreLink(from, to)),
    );
  }

  /** Writes leave this data centre no more; they wait as hints. */
  cutFrom(centre: DataCentre): void {
    for (const link of this.links) if (link.from === centre) link.cut();
  }

  mendFrom(centre: DataCentre): void {
    for (const link of this.links) if (link.from === centre) link.mend();
    this.deliver();
  }

  /**
   * A data centre that lost everything is built anew, and all are repaired: what it had told some of the
   * others, and no longer owes to the rest, they get from each other.
   */
  rebuild(centre: DataCentre): void {
    for (const link of this.links) if (link.from === centre) link.loseHints();
    centre.rebuildFrom(this.centres.filter((other) => other !== centre));
    this.#isRepairDue = true;
  }

  /** A data centre answers again, and is told what it missed. */
  raise(centre: DataCentre): void {
    centre.thaw();
    this.deliver();
  }

  /** Whatever waits and can go now, goes. */
  deliver(): void {
    for (const link of this.links) {
      for (const hint of link.takeHints()) this.#send(link, hint);
    }
  }

  /** Everything works again. */
  mend(): void {
    for (const centre of this.centres) {
      centre.thaw();
      centre.workMsMax = usualWorkMsMax;
      centre.overload = 0;
    }
    for (const link of this.links) link.mend();
    this.deliver();
    if (!this.#isRepairDue) return;
    for (const centre of this.centres) {
      for (const other of this.centres) if (other !== centre) centre.repairFrom(other);
    }
  }

  /** The store as a process of a region sees it, over its own wires; the next one lends its copy. */
  storeOver(local: DataCentre, wires: { local: Wire; remote: Wire }): DurableStore {
    const { centres } = this;
    const remote = centres[(centres.indexOf(local) + 1) % centres.length] as DataCentre;
    const readFrom = async (centre: DataCentre, profileId: string): Promise<DurableProfile> => {
      const found = await centre.arrive('read', () => centre.profile(profileId));
      return { ...found, isRemote: centre !== local, unreadable: [] };
    };
    return {
      write: (batch) =>
        wires.local.ask(() => local.arrive('write', () => this.#write(local, batch))),
      read: (profileId) =>
        wires.local
          .ask(() => readFrom(local, profileId))
          .catch(() => wires.remote.ask(() => readFrom(remote, profileId))),
      // Every data centre answers, or it is done again.
      erase: (erasing) =>
        wires.local.ask(async () => {
          for (const centre of centres) await centre.arrive('write', () => centre.erase(erasing));
        }),
      eachProfile: (visit) => wires.local.ask(() => local.eachProfile(visit)),
      async close() {},
    };
  }

  #write(local: DataCentre, batch: ProfileBatch): void {
    local.apply(batch);
    for (const link of this.links) if (link.from === local) this.#send(link, batch);
  }

  #send(link: CentreLink, batch: ProfileBatch): void {
    this.#timeline.after(this.#chance.below(replicationMsMax), () => link.carry(batch));
  }
}

function rowsOf<Value>(map: Map<string, Map<string, Value>>, key: string): Map<string, Value> {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = new Map<string, Value>();
  map.set(key, made);
  return made;
}
