import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../support/until.ts';

export interface ReceivedSpan {
  service: string;
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  attributes: { key: string; value: { stringValue: string } }[];
  startTimeUnixNano: string;
  endTimeUnixNano: string;
}

interface ExportRequest {
  resourceSpans: {
    resource: { attributes: ReceivedSpan['attributes'] };
    scopeSpans: { spans: Omit<ReceivedSpan, 'service'>[] }[];
  }[];
}

/** A collector of traces on loopback: OTLP over HTTP, as JSON. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** Everything that came, as it came. */
  received = '';
  readonly #server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const isRight =
      request.url === '/v1/traces' && request.headers['content-type'] === 'application/json';
    response.writeHead(isRight ? 200 : 400).end('{}');
    if (isRight) this.#take(body);
  });

  static async open(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The spans of one trace, once these are among them. */
  async untilTrace(traceId: string, names: readonly string[]): Promise<ReceivedSpan[]> {
    const ofTrace = () => this.spans.filter((span) => span.traceId === traceId);
    await until(() => names.every((name) => ofTrace().some((span) => span.name === name)), {
      what: `a trace of ${names.join(', ')}`,
    });
    return ofTrace();
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  #take(body: string): void {
    this.received += body;
    for (const { resource, scopeSpans } of (JSON.parse(body) as ExportRequest).resourceSpans) {
      const service = resource.attributes[0]?.value.stringValue ?? '';
      for (const { spans } of scopeSpans) {
        this.spans.push(...spans.map((span) => ({ ...span, service })));
      }
    }
  }
}

/** A trace that a client has begun. */
export function begin(flags = '01') {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` };
}

/** The name of each span and of the one that it is a part of, without repetition. */
export function edges(spans: readonly ReceivedSpan[]): string[] {
  const names = new Map(spans.map((span) => [span.spanId, `${span.service} ${span.name}`]));
  const edge = (span: ReceivedSpan) =>
    `${names.get(span.parentSpanId) ?? '–'} > ${span.service} ${span.name}`.replaceAll(
      'playhead-',
      '',
    );
  return [...new Set(spans.map(edge))].sort();
}
