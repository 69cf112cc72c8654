import type { Backlog, QuarantinedTitle } from '../hot-store.ts';

interface TitleKey {
  profileId: string;
  title: string;
}

/** What one partition owes the durable store, the longest owed first. */
export class DirtySet {
  /** `profile|title` → dirty since; neither id can hold the separator. */
  #since = new Map<string, number>();
  #newestSinceMs = Number.NEGATIVE_INFINITY;
  /** False once a clock was set back: then the order of adding is not the order of time. */
  #isInOrder = true;
  /** Out of the drains' way: `profile|title` → dirty since. */
  readonly #quarantined = new Map<string, number>();
  /** Titles of a profile that are dirty or in quarantine: they exist nowhere else. */
  readonly #owed = new Map<string, number>();

  /** Keeps the older time of a title that is dirty already. */
  add(key: TitleKey, nowMs: number): void {
    const member = memberOf(key);
    if (this.#since.has(member)) return;
    this.#since.set(member, nowMs);
    this.#isInOrder &&= nowMs >= this.#newestSinceMs;
    this.#newestSinceMs = Math.max(nowMs, this.#newestSinceMs);
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
    const sinceMs = this.#since.get(member);
    if (sinceMs === undefined) return;
    this.#since.delete(member);
    this.#quarantined.set(member, sinceMs);
  }

  quarantined(limit: number): QuarantinedTitle[] {
    return [...this.#quarantined]
      .sort(([, left], [, right]) => left - right)
      .slice(0, limit)
      .map(([member, sinceMs]) => ({ ...keyOf(member), sinceMs }));
  }

  /** Everything in quarantine is dirty again. */
  replay(nowMs: number): number {
    const members = [...this.#quarantined.keys()];
    for (const member of members) this.add(keyOf(member), nowMs);
    return members.length;
  }

  /** Nothing of the profile is owed any more, nor in quarantine. */
  forget(profileId: string): void {
    const isOf = (member: string) => keyOf(member).profileId === profileId;
    for (const member of this.#since.keys()) if (isOf(member)) this.#since.delete(member);
    for (const member of this.#quarantined.keys()) {
      if (isOf(member)) this.#quarantined.delete(member);
    }
    this.#owed.delete(profileId);
  }

  holds(profileId: string): boolean {
    return this.#owed.has(profileId);
  }

  /** After as many of the oldest as `skip` says. */
  oldest(query: {
    sinceMs: number;
    skip: number;
    limit: number;
  }): (TitleKey & { sinceMs: number })[] {
    const found: (TitleKey & { sinceMs: number })[] = [];
    let toSkip = query.skip;
    for (const [member, sinceMs] of this.#inOrder()) {
      if (found.length >= query.limit || sinceMs > query.sinceMs) break;
      if (toSkip > 0) toSkip -= 1;
      else found.push({ ...keyOf(member), sinceMs });
    }
    return found;
  }

  backlog(): Backlog {
    const [oldest] = this.#inOrder().values();
    return {
      dirty: this.#since.size,
      oldestSinceMs: oldest ?? null,
      quarantined: this.#quarantined.size,
    };
  }

  #inOrder(): ReadonlyMap<string, number> {
    if (!this.#isInOrder) {
      this.#since = new Map([...this.#since].sort(([, left], [, right]) => left - right));
      this.#isInOrder = true;
    }
    return this.#since;
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

function keyOf(member: string): TitleKey {
  const [profileId = '', title = ''] = member.split('|');
  return { profileId, title };
}
