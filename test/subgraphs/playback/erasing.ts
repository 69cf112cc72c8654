import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { partitionOf } from '../../../domain/version.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { openSessionSigner } from '../../../runtime/identity.ts';
import { pseudonymKeyOf, pseudonymOf } from '../../../runtime/pseudonym.ts';
import { openInteractionFiles } from '../../../stores/embedded/interactions.ts';
import { openEmbeddedViewingStore } from '../../../stores/embedded/viewing.ts';
import type { RegionStores } from '../../../stores/region-stores.ts';
import type { ViewingStore } from '../../../stores/viewing-store.ts';
import {
  type EraseDeps,
  type ErasedProfile,
  eraseProfile,
} from '../../../subgraphs/playback/erase-profile.ts';
import { exportProfile } from '../../../subgraphs/playback/export-profile.ts';
import { faulty, type Weather } from '../../support/faulty.ts';
import type { TestPlayback } from '../../support/playback.ts';

/** An operator beside a playback process: over its stores, and a view of the row that follows its stream. */
export class Operator {
  readonly playback: TestPlayback;
  readonly folder = mkdtempSync(join(tmpdir(), 'playhead-erasing-'));
  /** Other regions. */
  peers: readonly RegionStores[] = [];
  #viewings: ViewingStore;
  #receipts = 0;
  #key = '';

  constructor(playback: TestPlayback) {
    this.playback = playback;
    this.#viewings = openEmbeddedViewingStore({ path: ':memory:' });
  }

  get viewings(): ViewingStore {
    return this.#viewings;
  }

  async open(): Promise<this> {
    this.#key = pseudonymKeyOf(await openSessionSigner(this.playback.config));
    return this;
  }

  /** `isBeside`: as the command line, which does not reach a hot store inside the server. */
  deps({ faults, isBeside = false }: { faults?: Weather; isBeside?: boolean } = {}): EraseDeps {
    const { hot, durable, watchLog, events, erasures } = this.playback.stores;
    const interactions = openInteractionFiles({
      folder: this.folder,
      clock: systemClock,
    });
    const real = { durable, watchLog, events, erasures, viewings: this.#viewings, interactions };
    const within = <Store extends object>(name: string, store: Store) =>
      faults === undefined
        ? store
        : faulty(store, {
            before: (call) => faults.before?.({ ...call, method: `${name} ${call.method}` }),
            after: (call) => faults.after?.({ ...call, method: `${name} ${call.method}` }),
          });
    return {
      stores: {
        hot: isBeside ? null : within('hot', hot),
        durable: within('durable', real.durable),
        watchLog: within('watchLog', real.watchLog),
        events: real.events,
        accepted: null,
        peers: this.peers.map(({ hot, viewings, accepted, ...peer }) => ({
          ...peer,
          hot: within(`hot of ${peer.region}`, hot),
          viewings: within(`viewings of ${peer.region}`, viewings),
          accepted: within(`accepted of ${peer.region}`, accepted),
        })),
        erasures: within('erasures', real.erasures),
        viewings: within('viewings', real.viewings),
        interactions,
      },
      keyOf: (profileId) => pseudonymOf(profileId, { key: this.#key }),
      clock: this.playback.clock,
      pause: (ms) => this.playback.clock.advance(ms),
      newReceipt: () => {
        this.#receipts += 1;
        return `receipt-${this.#receipts}`;
      },
    };
  }

  erase(of: Parameters<Operator['deps']>[0] & { profileId?: string } = {}): Promise<ErasedProfile> {
    return eraseProfile(this.deps(of), of.profileId ?? this.playback.profileId);
  }

  async export(profileId = this.playback.profileId): Promise<Record<string, unknown>[]> {
    const lines: object[] = [];
    await exportProfile({ ...this.deps(), emit: (line) => lines.push(line) }, profileId);
    return lines as Record<string, unknown>[];
  }

  /** What an export says of the profile, without its first and last line. */
  async contents(profileId?: string): Promise<Record<string, unknown>[]> {
    return (await this.export(profileId)).slice(1, -1);
  }

  /** The row's view reads the stream from its oldest entry, whatever it read before. */
  async followStream(profileId = this.playback.profileId): Promise<void> {
    const { events } = this.playback.subgraph;
    const partition = partitionOf(profileId, events.partitions);
    const entries = await events.read({ partition, after: null, limit: 10_000 });
    const transitions = entries.map(({ transition }) => transition);
    const offset = entries.at(-1)?.offset;
    if (offset !== undefined) await this.#viewings.fold({ partition, transitions, offset });
  }

  /** A view that has never read anything. */
  async renewView(): Promise<void> {
    await this.#viewings.close();
    this.#viewings = openEmbeddedViewingStore({ path: ':memory:' });
  }

  async close(): Promise<void> {
    await this.#viewings.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
