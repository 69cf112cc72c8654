import type { DriveState } from './drive.ts';
import type { DriveSummary } from './tally.ts';

/** One line while it runs. */
export function stateLine({ playing, summary }: DriveState): string {
  const { heartbeats, plays, unexpected } = summary;
  return `${playing} playing, ${plays} plays, ${heartbeats} heartbeats, ${unexpected} unexpected`;
}

/** What a drive came to, for people. */
export function driveReport(summary: DriveSummary): string {
  const counted = (counts: Record<string, number>) =>
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none';
  const { rowsWithCards, openedFromRow, openedFirstCard, complaints } = summary;
  const rows: [what: string, value: string | number][] = [
    ['visits', summary.visits],
    ['plays', summary.plays],
    ['on another device than before', summary.devicesChanged],
    ['crashed without a stop', summary.lostWithoutStop],
    ['offline for a while', summary.offlineBursts],
    ['reports made, late ones', `${summary.reports}, ${summary.lateReports}`],
    ['heartbeats acknowledged', summary.heartbeats],
    ['requests', summary.requests],
    ['outcomes', counted(summary.outcomes)],
    ['resume points checked', summary.resumesChecked],
    ['titles nobody can judge', summary.unsureTitles],
    ['rows asked for, with cards', `${summary.rows}, ${rowsWithCards}`],
    ['opened from the row, its first', `${openedFromRow}, ${openedFirstCard}`],
    ['failed requests', counted(summary.faults)],
    ['unexpected answers', summary.unexpected],
  ];
  const lines = rows.map(([what, value]) => `${what.padEnd(32)}${value}`);
  return [...lines, ...complaints.map((what) => `  ${what}`), ''].join('\n');
}
