import { type Version, versionZero } from '../../domain/version.ts';
import type { LoadRequest, Pushed, Registers } from './history.ts';
import { type Exchange, indexOf, packedVersion } from './history-index.ts';
import type { Run } from './run.ts';

/** Latencies, ms, of requests of this kind that were sent between two moments; in the order sent. */
export function latenciesOf(
  run: Run,
  kind: LoadRequest['kind'],
  between: { fromMs: number; toMs: number },
): number[] {
  return sentWithin(run, between)
    .filter(({ sent }) => sent.request.kind === kind)
    .map(({ sent, answered }) => answered.atMs - sent.atMs);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** How long after the last acknowledgement the last live stream heard of another version, ms. */
export function subscriberLagMs(run: Run): number {
  const { acknowledgements, pushes } = indexOf(run.history.lines);
  const lastMs = Math.max(...[...acknowledgements.values()].flat().map(({ toMs }) => toMs));
  // A push may overtake the acknowledgement of what it tells.
  return Math.max(0, Math.max(...pushes.filter(newOnly()).map(({ atMs }) => atMs)) - lastMs);
}

/** Passes over what moves without a version: a session that falls silent is told seconds later. */
function newOnly(): (push: Pushed) => boolean {
  const told = new Map<string, Version>();
  return ({ client, playheads }) => {
    const news = Object.entries(playheads).filter(([title, { version }]) => {
      const key = `${client}|${title}`;
      const isNew = version > (told.get(key) ?? versionZero);
      if (isNew) told.set(key, version);
      return isNew;
    });
    return news.length > 0;
  };
}

/**
 * Of what was acknowledged until a moment as not yet durable, what registers lack: how many, of how many, when the
 * oldest and the newest of them were acknowledged.
 */
export function missingAmong(
  run: Run,
  { registers, untilMs }: { registers: Record<string, Registers>; untilMs: number },
): { count: number; of: number; oldestMs: number; newestMs: number } {
  const { acknowledgements } = indexOf(run.history.lines);
  const all = [...acknowledgements].flatMap(([key, some]) =>
    some
      .filter(({ toMs, isDurable }) => toMs <= untilMs && !isDurable)
      .map((one) => ({ key, ...one })),
  );
  const missing = all.filter(({ key, version }) => {
    const held = registers[key];
    return held === undefined || packedVersion(held) < version;
  });
  const times = missing.map(({ toMs }) => toMs);
  return {
    ...{ count: missing.length, of: all.length },
    ...{ oldestMs: Math.min(...times), newestMs: Math.max(...times) },
  };
}

function sentWithin(run: Run, between: { fromMs: number; toMs: number }): Exchange[] {
  return indexOf(run.history.lines).exchanges.filter(
    ({ sent }) => sent.atMs >= between.fromMs && sent.atMs <= between.toMs,
  );
}
