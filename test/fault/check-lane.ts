import type { Line } from './history.ts';

/**
 * Rule `asked-twice`: what was answered as a duplicate although the client had sent it once. Somebody on the way
 * has asked again, which only who knows that nothing has run may do.
 */
export function askedTwice(lines: readonly Line[]): string[] {
  const answers = new Map(
    lines.flatMap((line) => (line.line === 'answered' ? [[line.id, line.answer] as const] : [])),
  );
  const seen = new Set<string>();
  return lines.flatMap((line) => {
    if (line.line !== 'sent' || line.request.kind !== 'beats') return [];
    const beats = line.request.beats.map(({ sequence }) => `${line.client} ${sequence}`);
    const isFirst = beats.every((beat) => !seen.has(beat));
    for (const beat of beats) seen.add(beat);
    const isDuplicate = answers.get(line.id)?.outcome === 'DUPLICATE';
    return isFirst && isDuplicate ? [`asked-twice: ${beats.join(', ')} (${line.id})`] : [];
  });
}
