/** NOT_STARTED is a state (never started, or forgotten), not an absence. */
export type PlayheadStatus = 'NOT_STARTED' | 'IN_PROGRESS' | 'FINISHED';
