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
  /** Stream of accepted registers, for other regions. */
  out: string;
  /** Who drains the partition. */
  lease: string;
  /** How many leases were ever given: the generation of the next one. */
  leases: string;
  /** Raised to invalidate every hydration mark of the partition. */
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
    out: `${tag}:out`,
    lease: `${tag}:lease`,
    leases: `${tag}:leases`,
    generation: `${tag}:gen`,
    profilePrefix: `${tag}:p:`,
  };
}

/** The keys of one profile, in the slot of its partition. */
export interface ProfileKeys {
  /**
   * Hash: `t:`, `v:` a title's registers (title.lua), `d:`, `n:` a device, `#h` mark, `#i` incarnation, `#d` dirty.
   * Also the channel that says which titles changed.
   */
  profile: string;
  /** Hash of sessions, three or four fields each (session.lua). */
  sessions: string;
}

export function profileKeys(of: { partition: number; profileId: string }): ProfileKeys {
  const tag = `ph:{${of.partition}}`;
  return {
    profile: `${tag}:p:${of.profileId}`,
    sessions: `${tag}:live:${of.profileId}`,
  };
}
