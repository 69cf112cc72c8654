import type { Redis } from 'ioredis';
import { partitionKeys } from '../../stores/redis/keys.ts';
import { pairs } from '../../stores/redis/packed-profile.ts';
import type { RunningPart } from '../support/product.ts';
import { partitions } from './final-states.ts';

/** Of what a process wrote, the last lines tell why it does not drain. */
const lastLines = 10;

/**
 * What a `left-over` among violations is about: the titles of each partition and whose lease that is, and what
 * processes wrote last. Nothing without one.
 */
export async function toldOfLeftOver(
  violations: readonly string[],
  { redis, processes }: { redis: Redis; processes: readonly RunningPart[] },
): Promise<string[]> {
  if (!violations.some((violation) => violation.startsWith('left-over'))) return [];
  const numbers = Array.from({ length: partitions }, (_, partition) => partition);
  const owed = await Promise.all(numbers.map((partition) => owedIn(redis, partition)));
  return [...owed.flat(), ...processes.map(lastWordsOf)];
}

async function owedIn(redis: Redis, partition: number): Promise<string[]> {
  const { dirty, quarantine, aside, lease } = partitionKeys(partition);
  const owed = pairs((await redis.zrange(dirty, 0, '-1', 'WITHSCORES')).flat());
  const setAside = [...(await redis.zrange(quarantine, 0, '-1')), ...(await redis.hkeys(aside))];
  if (owed.length + setAside.length === 0) return [];
  const titles = [
    ...owed.map(([title, sinceMs]) => `${title} dirty since ${new Date(Number(sinceMs)).toJSON()}`),
    ...setAside.map((title) => `${title} set aside`),
  ];
  const holder = (await redis.get(lease)) ?? 'nobody';
  return [`partition ${partition}, its lease held by ${holder}: ${titles.join(', ')}`];
}

function lastWordsOf({ graphqlUrl, process, output }: RunningPart): string {
  const { pid, exitCode, signalCode } = process;
  const ending = exitCode ?? signalCode;
  const state = ending === null ? 'runs' : `ended with ${ending}`;
  const lines = output().trimEnd().split('\n').slice(-lastLines);
  return [`process ${pid} at ${graphqlUrl} ${state}; it wrote last:`, ...lines].join('\n');
}
