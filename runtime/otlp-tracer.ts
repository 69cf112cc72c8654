import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { FinishedSpan, SpanSink } from './otlp-exporter.ts';
import type { SpanOptions, Tracer } from './tracing.ts';

/** Where in a trace the work under way is. */
interface Place {
  traceId: string;
  spanId: string;
  isSampled: boolean;
}

const traceparentPattern = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const none = /^0+$/;
/** The last 14 digits of a trace id are random by W3C's advice: 56 bits. */
const randomDigits = 14;

/**
 * Spans by Node's own AsyncLocalStorage, in W3C's form. A trace is taken or left as a whole, by its
 * beginner: of those that begin here `share` are taken, by their ids.
 */
export class OtlpTracer implements Tracer {
  readonly #sink: SpanSink;
  readonly #share: number;
  readonly #current = new AsyncLocalStorage<Place>();

  constructor(sink: SpanSink, share: number) {
    this.#sink = sink;
    this.#share = share;
  }

  async span<Answer>(
    name: string,
    { kind, attributes = {}, parent, isPart = false }: SpanOptions,
    work: () => Promise<Answer>,
  ): Promise<Answer> {
    const before = placeOf(parent) ?? this.#current.getStore();
    if (isPart && before === undefined) return work();
    const place = this.#next(before);
    if (!place.isSampled) return this.#current.run(place, work);
    const span = { name, kind, attributes, ...place, parentId: before?.spanId };
    const startMs = nowMs();
    let hasFailed = true;
    try {
      const answer = await this.#current.run(place, work);
      hasFailed = false;
      return answer;
    } finally {
      this.#sink.add({ ...span, startMs, endMs: nowMs(), hasFailed } satisfies FinishedSpan);
    }
  }

  traceparent(): string | undefined {
    const place = this.#current.getStore();
    if (place === undefined) return undefined;
    return `00-${place.traceId}-${place.spanId}-${place.isSampled ? '01' : '00'}`;
  }

  close(): Promise<void> {
    return this.#sink.close();
  }

  #next(before: Place | undefined): Place {
    const spanId = randomBytes(8).toString('hex');
    if (before !== undefined) return { ...before, spanId };
    const traceId = randomBytes(16).toString('hex');
    const chance = Number.parseInt(traceId.slice(-randomDigits), 16) / 16 ** randomDigits;
    return { traceId, spanId, isSampled: chance < this.#share };
  }
}

/** Undefined for what is no traceparent, as W3C demands: the trace begins here. */
function placeOf(parent: string | null | undefined): Place | undefined {
  const [, traceId, spanId, flags] = traceparentPattern.exec(parent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || none.test(traceId) || none.test(spanId)) {
    return undefined;
  }
  return { traceId, spanId, isSampled: (Number.parseInt(flags ?? '00', 16) & 1) === 1 };
}

/** As exact as durations in a trace have to be, and Unix time all the same. */
function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
