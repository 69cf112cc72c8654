/** The keys of one partition. They share a hash tag: one slot of a Redis Cluster, so one script. */
export interface PartitionKeys {
  /** Sorted set `profile|title` → dirty since, ms. */
  dirty: string;
  /** Sorted set of the titles that a drain could not write. */
  quarantine: string;
  /** Hash `profile|field` → a value that no release packed. */
  aside: string;
  /** Stream of transitions; also the channel that says that some were appended. */
  events: string;
  /** Stream of what was accepted, for other regions (out.lua). */
  out: string;
  /** Hash region → how far its event stream was copied. */
  copied: string;
  /** Hash region → how far its stream was read: offset, and 1 or 0, whether that entry was seen there. */
  readPoints: string;
  /** Who drains the partition; with `:task` behind it, who does another task. */
  lease: string;
  /** How many leases were ever given: the generation of the next one. Of another task as above. */
  leases: string;
  /** Raised to invalidate every hydration mark of the partition; also the channel that says that it was. */
  generation: string;
  /** What the key of a profile's hash begins with. */
  profilePrefix: string;
}

export function partitionKeys(partition: number): PartitionKeys {
  const tag = `ph:{${partition}}`;
  return {
    dirty: `${tag}:dirty`,
    quarantine: `${tag}:quarantine`,
    aside: `${tag}:aside`,
    events: `${tag}:events`,
    copied: `${tag}:copied`,
    out: `${tag}:out`,
    readPoints: `${tag}:in`,
    lease: `${tag}:lease`,
    leases: `${tag}:leases`,
    generation: `${tag}:gen`,
    profilePrefix: `${tag}:p:`,
  };
}

/** The keys of one profile, in the slot of its partition. */
export interface ProfileKeys {
  /**
   * Hash: `t:`, `v:` a title's registers (title.lua), `d:`, `n:` a device, `#h` mark, `#i` incarnation, `#d` dirty,
   * `#f` fence of an erasure.
   * Also the channel that says which titles changed.
   */
  profile: string;
  /** Hash of sessions, three fields each or more (session.lua). */
  sessions: string;
}

export function profileKeys(of: { partition: number; profileId: string }): ProfileKeys {
  const tag = `ph:{${of.partition}}`;
  return {
    profile: `${tag}:p:${of.profileId}`,
    sessions: `${tag}:live:${of.profileId}`,
  };
}

/** The profile of a key that is one profile's: ids hold no separator. */
export function openProfileKey(key: string): string {
  return key.slice(key.lastIndexOf(':') + 1);
}

/** What the row's view keeps of one partition, in the slot of that partition. None of playback's keys. */
export interface ViewKeys {
  /** Hash: `o` the offset read up to, `r` how often the view was written. */
  consumed: string;
  /** Sorted set `profile|play` → when it ended, ms: plays that nobody has claimed. */
  unclaimed: string;
}

export function viewKeys(partition: number): ViewKeys {
  const tag = `cw:{${partition}}`;
  return { consumed: `${tag}:consumed`, unclaimed: `${tag}:unclaimed` };
}

/** What the view keeps of one profile, in the slot of its partition. */
export interface ProfileViewKeys {
  /** Hash title → viewing. */
  viewings: string;
  /** Sorted set of `version|title`, all with the score 0: in the order of versions. */
  recency: string;
  /** Hash play → what it was. */
  plays: string;
  /** Hash: `f` floor, `e` floor of plays, `o` opted out, `c` correction (base64). */
  profile: string;
}

export function profileViewKeys(of: { partition: number; profileId: string }): ProfileViewKeys {
  const tag = `cw:{${of.partition}}`;
  return {
    viewings: `${tag}:v:${of.profileId}`,
    recency: `${tag}:r:${of.profileId}`,
    plays: `${tag}:p:${of.profileId}`,
    profile: `${tag}:i:${of.profileId}`,
  };
}

/** A token bucket: one key, in a slot of its own, so that a crowd's are spread over all nodes. */
export function rateKey(kind: string, hash: string): string {
  return `rl:{${kind}:${hash}}`;
}
