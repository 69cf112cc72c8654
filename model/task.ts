/** What a ranking model is trained on and judged by: questions with known answers. */
export interface Task {
  queries: RankingQuery[];
  visits: VisitExample[];
}

/** A visit that began with one of its candidates. */
export interface RankingQuery {
  /** Whole accounts are held out together: devices and people are shared inside one. */
  account: string;
  atMs: number;
  /** Candidates, at most 25, those most recently played. */
  count: number;
  /** [count × featureNames], row by row, NaN where unknown. */
  features: Float32Array;
  /** Which candidate was played. */
  chosen: number;
  /** Places by recency, from 0. */
  recencyRanks: Uint8Array;
  slices: {
    /** Null: the device was not known. */
    isSwitch: boolean | null;
    /** Hours since the profile's last play. */
    idleH: number;
    /** Shows played within 14 days. */
    activeShows: number;
    isFilm: boolean;
  };
}

/** A visit that could have continued something. */
export interface VisitExample {
  account: string;
  atMs: number;
  /** [visitFeatureNames]. */
  features: Float32Array;
  hasContinued: boolean;
}
