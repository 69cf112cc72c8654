import { describeAccepting } from './hot-store-accepting.ts';
import { describeConverging } from './hot-store-converging.ts';
import { describeSessionsElsewhere } from './hot-store-sessions-elsewhere.ts';
import { describeTakingIn } from './hot-store-taking-in.ts';
import type { OpenHotStore } from './hot-subject.ts';

/** What stores of several regions tell each other. */
export function describeRegions(open: OpenHotStore, histories: number): void {
  describeAccepting(open);
  describeTakingIn(open);
  describeSessionsElsewhere(open);
  describeConverging(open, histories);
}
