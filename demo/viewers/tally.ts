import type { RecordedHeartbeats } from '../../client/operations.ts';

/** Complaints that are shown in words; the rest is counted. */
const complaintsKept = 20;

/** What a drive came to. */
export interface DriveSummary {
  visits: number;
  plays: number;
  /** Made by players, and those made late: nobody could keep up with the speed. */
  reports: number;
  lateReports: number;
  /** Acknowledged; an outbox sends the newest of several plain ones. */
  heartbeats: number;
  requests: number;
  outcomes: Record<RecordedHeartbeats['outcome'], number>;
  /** Answers of playheads that were compared with what was acknowledged. */
  resumesChecked: number;
  /** Titles that could not be judged any more: a request failed for good, or was too slow to be dated. */
  unsureTitles: number;
  devicesChanged: number;
  lostWithoutStop: number;
  offlineBursts: number;
  rows: number;
  /** Visits that began with what the row held, of those that had a row with cards. */
  openedFromRow: number;
  openedFirstCard: number;
  rowsWithCards: number;
  /** Requests that failed: code and how often. */
  faults: Record<string, number>;
  /** Anything that a right server would not have answered. */
  unexpected: number;
  /** The first of them, in words. */
  complaints: string[];
}

/** Counts while a drive runs. */
export class Tally {
  readonly summary: DriveSummary = {
    ...{
      visits: 0,
      plays: 0,
      reports: 0,
      lateReports: 0,
      heartbeats: 0,
      requests: 0,
      resumesChecked: 0,
      unsureTitles: 0,
      devicesChanged: 0,
    },
    outcomes: { ACCEPTED: 0, SUPERSEDED: 0, DUPLICATE: 0, REFUSED: 0 },
    ...{ lostWithoutStop: 0, offlineBursts: 0, rows: 0, openedFromRow: 0, openedFirstCard: 0 },
    ...{ rowsWithCards: 0, faults: {}, unexpected: 0, complaints: [] },
  };

  complain(what: string | null): void {
    if (what === null) return;
    const { summary } = this;
    summary.unexpected += 1;
    if (summary.complaints.length < complaintsKept) summary.complaints.push(what);
  }

  fault(code: string): void {
    const { faults } = this.summary;
    faults[code] = (faults[code] ?? 0) + 1;
  }
}
