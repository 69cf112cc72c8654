import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/** Where a figure comes from: without it, it says nothing. */
export interface Environment {
  date: string;
  node: string;
  cpu: string;
  cores: number;
  /** Of the last minute: above the number of cores, rates mean little and ratios still do. */
  loadAverage: number;
}

export function environment(): Environment {
  const all = cpus();
  return {
    date: new Date().toISOString(),
    node: process.version,
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    loadAverage: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

/** Clock ticks a second, in which Linux counts processor time. */
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Processor time that all threads of a process took so far, µs. Linux only; steps of 10 ms. */
export function cpuUsOf(pid: number): number {
  return statUs(pid, [11, 12]);
}

/** The same of its children that have ended. */
export function reapedCpuUsOf(pid: number): number {
  return statUs(pid, [13, 14]);
}

/** Some fields of what Linux says of a process, summed: counted from the one behind its name. */
function statUs(pid: number, which: readonly number[]): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, in parentheses, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = which.reduce((sum, field) => sum + Number(fields[field]), 0);
  return (ticks / ticksPerSecond) * 1e6;
}

/** Processor time that Redis says it took so far, µs. */
export async function redisCpuUs(redis: {
  info(section: string): Promise<string>;
}): Promise<number> {
  const report = await redis.info('cpu');
  const seconds = ['used_cpu_user', 'used_cpu_sys'].map((name) =>
    Number(new RegExp(`${name}:([\\d.]+)`).exec(report)?.[1]),
  );
  return seconds.reduce((sum, each) => sum + each, 0) * 1e6;
}

/** Of several processes together; NaN of none: those that run elsewhere cannot be asked. */
export function cpuUsOfAll(pids: readonly number[]): number {
  return pids.length === 0 ? Number.NaN : pids.reduce((sum, pid) => sum + cpuUsOf(pid), 0);
}

/** As much of a core as processes take that have nothing to do, and for how long that is looked at. */
const idleShare = 0.1;
const lookMs = 200;
/** Compaction may go on for longer than anybody wants to wait. */
const idleLooksMax = 25;

/**
 * Waits until what is metered has no work left, for 5 s at most; at once for processes that run elsewhere,
 * whose meter says NaN.
 */
export async function idle(cpuUs: () => number): Promise<void> {
  for (let look = 0; look < idleLooksMax; look += 1) {
    const before = cpuUs();
    if (Number.isNaN(before)) return;
    await delay(lookMs);
    if (cpuUs() - before <= idleShare * lookMs * 1_000) return;
  }
}

export interface Spread {
  min: number;
  median: number;
  max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return {
    min: sorted[0] ?? Number.NaN,
    median: ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2,
    max: sorted.at(-1) ?? Number.NaN,
  };
}

/** The value that this share of them lie below; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
