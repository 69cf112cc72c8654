import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import type { EventStream } from '../../stores/event-stream.ts';

/** Consumers may be away for a week and still miss nothing; what they need for longer they keep. */
const keptMs = 7 * 24 * 3_600_000;
/** Often enough that a trim is small. */
const trimEveryMs = 600_000;

/** Caps the event stream by age, now and then; the answer stops it. */
export function keepStreamTrimmed(deps: {
  events: EventStream;
  clock: Clock;
  log: Logger;
}): () => void {
  const { events, clock, log } = deps;
  let cancel = () => {};
  const trim = () => {
    events.trim({ beforeMs: clock.nowMs() - keptMs }).catch((error: unknown) => {
      log.warn({ err: error }, 'the event stream was not trimmed');
    });
    cancel = clock.after(trimEveryMs, trim);
  };
  cancel = clock.after(trimEveryMs, trim);
  return () => cancel();
}
