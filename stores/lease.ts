/** The sole right to do one task for one partition, for a limited time. */
export interface Lease {
  partition: number;
  /** Left out: to drain it. */
  task?: string;
  owner: string;
  /** Fencing token: larger for every lease of the partition's task that was ever given. */
  generation: number;
}

export interface LeaseRequest {
  partition: number;
  /** Which of the tasks that a partition has: letters, digits and dashes. Default: to drain it. */
  task?: string;
  /** Unique to the process. */
  owner: string;
  ttlMs: number;
}

/**
 * Leases on partitions: they save processes from doing the same work. Nothing may rely on them for
 * correctness, because a lease can run out while its owner works.
 *
 * Shape: at most one owner holds a task of a partition at a time; an owner that holds it and asks again keeps it.
 * Errors: PlatformError STATE_UNAVAILABLE; everything is safe to retry.
 * Cost: one round trip a call.
 */
export interface Leases {
  /** Null while another owner holds the partition's task. */
  acquire(request: LeaseRequest): Promise<Lease | null>;
  /** Extends a lease that still holds; false when it ran out, and the work must stop. */
  renew(lease: Lease, extension: { ttlMs: number }): Promise<boolean>;
  /** Gives it back; one that somebody else holds by now stays theirs. */
  release(lease: Lease): Promise<void>;
  close(): Promise<void>;
}
