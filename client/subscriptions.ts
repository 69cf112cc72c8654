import { continueWatchingQuestion } from './continue-watching.ts';
import { type LiveDeps, LiveSubscription } from './live.ts';
import type { LiveNews, Topic } from './live-state.ts';
import {
  type ActiveSessionUpdatesResult,
  activeSessionUpdatesSubscription,
  type DeviceKind,
  type PlayheadUpdatesResult,
  playheadUpdatesSubscription,
} from './operations.ts';

/** The streams of one page, one for each topic. */
export class Subscriptions {
  readonly #byTopic: ReadonlyMap<Topic, { open(): void; close(): void }>;

  constructor(deps: LiveDeps, deviceKind: DeviceKind, learn: (news: LiveNews) => void) {
    this.#byTopic = new Map<Topic, { open(): void; close(): void }>([
      [
        'playheads',
        new LiveSubscription<PlayheadUpdatesResult>(deps, {
          operation: playheadUpdatesSubscription,
          variables: () => ({}),
          onData: ({ playheadUpdates: { playheads } }) => learn({ playheads }),
        }),
      ],
      [
        'row',
        new LiveSubscription(
          deps,
          continueWatchingQuestion(deviceKind, (row) => learn({ row })),
        ),
      ],
      [
        'sessions',
        new LiveSubscription<ActiveSessionUpdatesResult>(deps, {
          operation: activeSessionUpdatesSubscription,
          variables: () => ({}),
          onData: ({ activeSessionUpdates: { sessions } }) => learn({ sessions }),
        }),
      ],
    ]);
  }

  /** Exactly these are open from now on; none: closed. */
  bring(topics: ReadonlySet<Topic>): void {
    for (const [topic, subscription] of this.#byTopic) {
      if (topics.has(topic)) subscription.open();
      else subscription.close();
    }
  }
}
