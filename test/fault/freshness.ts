import type { Line } from './history.ts';
import { indexOf, keyOf } from './history-index.ts';

/**
 * How long after its acknowledgement in one region somebody in another one saw a playhead live, ms, of those
 * acknowledged between two moments. What a newer one overtook on its way was never seen, and does not count.
 */
export function freshnessMs(
  lines: readonly Line[],
  between: { fromMs: number; toMs: number },
): number[] {
  const { acknowledgements, pushes } = indexOf(lines);
  const seen = new Map<string, number>();
  for (const { region, profileId, playheads, kind, atMs } of pushes) {
    if (kind === 'SNAPSHOT') continue;
    for (const [title, { version }] of Object.entries(playheads)) {
      const slot = `${region}|${keyOf({ profileId, title })}|${version}`;
      seen.set(slot, Math.min(atMs, seen.get(slot) ?? Infinity));
    }
  }
  const regions = new Set(pushes.map(({ region }) => region));
  return [...acknowledgements].flatMap(([key, all]) =>
    all
      .filter(({ toMs }) => toMs >= between.fromMs && toMs <= between.toMs)
      .flatMap(({ region, version, toMs }) =>
        [...regions]
          .filter((there) => there !== region)
          .flatMap((there) => {
            const seenMs = seen.get(`${there}|${key}|${version}`);
            return seenMs === undefined ? [] : [Math.max(0, seenMs - toMs)];
          }),
      ),
  );
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
