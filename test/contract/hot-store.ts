import { describe } from '@jest/globals';
import { describeBacklog } from './hot-store-backlog.ts';
import { describeBeats } from './hot-store-beats.ts';
import { describeChangesByHand } from './hot-store-changes-by-hand.ts';
import { describeErasing } from './hot-store-erasing.ts';
import { describeHistories } from './hot-store-histories.ts';
import { describeHydration } from './hot-store-hydration.ts';
import { describeIdentity } from './hot-store-identity.ts';
import { describeListeners } from './hot-store-listeners.ts';
import { describeMarks } from './hot-store-marks.ts';
import { describeMerging } from './hot-store-merging.ts';
import { describeOvertaken } from './hot-store-overtaken.ts';
import { describePresence } from './hot-store-presence.ts';
import { describeRegions } from './hot-store-regions.ts';
import { describeReplay } from './hot-store-replay.ts';
import { describeTransitions } from './hot-store-transitions.ts';
import type { OpenHotStore } from './hot-subject.ts';

/** Random histories of a store in process: a few seconds' worth. */
const historiesMax = 1_000;

/**
 * What every hot store does: the sentences of the port, against the port alone.
 * `histories`: fewer for a store behind a network, where each of some 500 steps is a round trip.
 */
export function describeHotStore(name: string, open: OpenHotStore, histories = historiesMax): void {
  describe(`hot store contract: ${name}`, () => {
    describeMerging(open);
    describeBeats(open);
    describeChangesByHand(open);
    describeTransitions(open);
    describeMarks(open);
    describeHydration(open);
    describeBacklog(open);
    describeReplay(open);
    describeIdentity(open);
    describeListeners(open);
    describePresence(open);
    describeOvertaken(open);
    describeErasing(open);
    describeRegions(open, histories);
    describeHistories(open, histories);
  });
}
