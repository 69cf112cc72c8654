/** What one Redis process says of itself. */
export interface RedisServerExamined {
  /** `host:port`. */
  address: string;
  version: string;
  role: string;
  isClusterNode: boolean;
  /** 0: no limit. */
  maxMemoryBytes: number;
  evictionPolicy: string;
  isAppendOnly: boolean;
  /** False once its disk refused what it appended. */
  isLastWriteSound: boolean;
  replicas: number;
  /** Of the Redis's clock before that of whoever asks, ms, at least; negative: behind it. */
  clockAheadMs: number;
  /** Null where it keeps its settings to itself. */
  appendFsync: string | null;
  minReplicasToWrite: number | null;
  minReplicasMaxLagSeconds: number | null;
}

export interface RedisExamined {
  /** One, or every primary of a Cluster that serves. */
  servers: RedisServerExamined[];
  /** Null for one that belongs to none. */
  cluster: { state: string; assignedSlots: number } | null;
}

export interface CassandraNodeExamined {
  address: string;
  version: string;
  dataCentre: string;
  isUp: boolean;
}

/** How a keyspace's tables are, against the files of this release. */
export type SchemaExamined =
  | { kind: 'no-keyspace' }
  | { kind: 'current' }
  | { kind: 'behind'; missing: string[] }
  /** Of a later release, or of another history: the sentence says which. */
  | { kind: 'other'; message: string };

export interface CassandraExamined {
  dataCentre: string;
  nodes: CassandraNodeExamined[];
  /** Copies by data centre; null where there is no keyspace. */
  replication: { strategy: string; copies: Record<string, number> } | null;
  schema: SchemaExamined;
}
