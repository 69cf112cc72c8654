import type { Interval } from './metrics.ts';

/** Four digits, as far as they mean anything. */
export function shown(value: number): string {
  return Number.isFinite(value) ? value.toFixed(4) : '–';
}

export function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(1)}%` : '–';
}

export function interval({ mean, low, high }: Interval): string {
  const signed = (value: number) => `${value < 0 ? '' : '+'}${value.toFixed(4)}`;
  if (!Number.isFinite(mean)) return '–';
  return Number.isNaN(low) ? signed(mean) : `${signed(mean)} [${signed(low)}, ${signed(high)}]`;
}

/** For a page. */
export function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
