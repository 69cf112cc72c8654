import type { Clock } from './clock.ts';
import type { Logger } from './log.ts';

export interface FinishedSpan {
  name: string;
  kind: 'internal' | 'server' | 'client';
  attributes: Readonly<Record<string, string>>;
  traceId: string;
  spanId: string;
  parentId: string | undefined;
  startMs: number;
  endMs: number;
  hasFailed: boolean;
}

/** Where finished spans go. */
export interface SpanSink {
  add(span: FinishedSpan): void;
  /** Sends what is left; idempotent. */
  close(): Promise<void>;
}

/** Spans that wait: some 2 MB. While a collector is away the newer ones are dropped. */
const waitingMax = 4_096;
const sendEveryMs = 2_000;
/** The collector is beside us, or not there. */
const sendTimeoutMs = 3_000;
/** As OTLP numbers them. */
const kinds = { internal: 1, server: 2, client: 3 } as const;
const failedStatus = 2;

/** OTLP over HTTP as JSON: one POST of everything that has finished, now and then. */
export class OtlpExporter implements SpanSink {
  readonly #url: string;
  readonly #part: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  #waiting: FinishedSpan[] = [];
  #cancel: (() => void) | undefined;
  #sending: Promise<void> = Promise.resolve();
  #isAway = false;

  constructor(options: { endpoint: string; part: string; clock: Clock; log: Logger }) {
    this.#url = `${options.endpoint.replace(/\/$/, '')}/v1/traces`;
    this.#part = options.part;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  add(span: FinishedSpan): void {
    if (this.#waiting.length >= waitingMax) return;
    this.#waiting.push(span);
    this.#cancel ??= this.#clock.after(sendEveryMs, () => {
      this.#cancel = undefined;
      this.#sending = this.#sending.then(() => this.#send());
    });
  }

  async close(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    await this.#sending;
    // Who does not answer keeps no process from ending.
    if (!this.#isAway) await this.#send();
  }

  /** Never rejects: a trace that is lost is no request's fault. */
  async #send(): Promise<void> {
    const spans = this.#waiting;
    if (spans.length === 0) return;
    this.#waiting = [];
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(this.#request(spans)),
        signal: AbortSignal.timeout(sendTimeoutMs),
      });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`The collector answers ${response.status}.`);
      if (this.#isAway) this.#log.warn('traces are collected again');
      this.#isAway = false;
    } catch (error) {
      if (!this.#isAway) this.#log.warn({ err: error }, 'traces are not collected, and dropped');
      this.#isAway = true;
    }
  }

  #request(spans: readonly FinishedSpan[]) {
    const resource = { attributes: attributesOf({ 'service.name': `playhead-${this.#part}` }) };
    const scope = { name: 'playhead' };
    return { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: spans.map(encoded) }] }] };
  }
}

function encoded(span: FinishedSpan) {
  const { traceId, spanId, parentId, name, kind, hasFailed } = span;
  return {
    ...{ traceId, spanId, parentSpanId: parentId ?? '', name, kind: kinds[kind] },
    startTimeUnixNano: nanoseconds(span.startMs),
    endTimeUnixNano: nanoseconds(span.endMs),
    attributes: attributesOf(span.attributes),
    status: hasFailed ? { code: failedStatus } : {},
  };
}

function attributesOf(attributes: Readonly<Record<string, string>>) {
  return Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

/** A number of JavaScript's cannot hold them; JSON of OTLP wants text anyway. */
function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1_000)) * 1_000n);
}
