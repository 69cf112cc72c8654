import type { Backlog } from '../hot-store.ts';

interface TitleKey {
  profileId: string;
  title: string;
}

/** What one partition owes the durable store, in the order in which it became dirty. */
export class DirtySet {
  /** `profile|title` → dirty since; neither id can hold the separator. */
  readonly #since = new Map<string, number>();
  readonly #quarantined = new Set<string>();
  /** Titles of a profile that are dirty or in quarantine: they exist nowhere else. */
  readonly #owed = new Map<string, number>();

  /** Keeps the older time of a title that is dirty already. */
  add(key: TitleKey, nowMs: number): void {
    const member = memberOf(key);
    if (this.#since.has(member)) return;
    this.#since.set(member, nowMs);
    if (!this.#quarantined.delete(member)) this.#owe(key.profileId, 1);
  }

  remove(key: TitleKey): void {
    if (this.#since.delete(memberOf(key))) this.#owe(key.profileId, -1);
  }

  /** Dirty again from now on: something newer came while the old was being written. */
  restart(key: TitleKey, nowMs: number): void {
    this.remove(key);
    this.add(key, nowMs);
  }

  /** Out of the drains' way, and still not evicted. */
  quarantine(key: TitleKey): void {
    const member = memberOf(key);
    if (this.#since.delete(member)) this.#quarantined.add(member);
  }

  holds(profileId: string): boolean {
    return this.#owed.has(profileId);
  }

  oldest(query: { sinceMs: number; limit: number }): (TitleKey & { sinceMs: number })[] {
    const found: (TitleKey & { sinceMs: number })[] = [];
    for (const [member, sinceMs] of this.#since) {
      if (found.length >= query.limit || sinceMs > query.sinceMs) break;
      const [profileId = '', title = ''] = member.split('|');
      found.push({ profileId, title, sinceMs });
    }
    return found;
  }

  backlog(): Backlog {
    const [oldest] = this.#since.values();
    return {
      dirty: this.#since.size,
      oldestSinceMs: oldest ?? null,
      quarantined: this.#quarantined.size,
    };
  }

  #owe(profileId: string, change: 1 | -1): void {
    const owed = (this.#owed.get(profileId) ?? 0) + change;
    if (owed > 0) this.#owed.set(profileId, owed);
    else this.#owed.delete(profileId);
  }
}

function memberOf({ profileId, title }: TitleKey): string {
  return `${profileId}|${title}`;
}
