import {
  type ConnectionError,
  connectionErrors,
  type RequestError,
  requestErrors,
} from './frame-messages.ts';

/** What the framed connections of a subgraph come to, in Prometheus' text format. */
export class FrameCounts {
  readonly #requests = new Map<'answered' | RequestError, number>();
  readonly #refused = new Map<ConnectionError, number>();

  constructor() {
    for (const outcome of ['answered', ...requestErrors] as const) this.#requests.set(outcome, 0);
    for (const reason of connectionErrors) this.#refused.set(reason, 0);
  }

  request(outcome: 'answered' | RequestError): void {
    this.#requests.set(outcome, (this.#requests.get(outcome) ?? 0) + 1);
  }

  refused(reason: ConnectionError): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
  }

  text({ connections, underWay }: { connections: number; underWay: number }): string {
    return [
      '# HELP playhead_frame_connections Framed connections of gateways: two each.',
      '# TYPE playhead_frame_connections gauge',
      `playhead_frame_connections ${connections}`,
      '# HELP playhead_frame_requests_under_way Operations that came by frame and are not answered yet.',
      '# TYPE playhead_frame_requests_under_way gauge',
      `playhead_frame_requests_under_way ${underWay}`,
      '# HELP playhead_frame_requests_total Operations that came by frame, by what became of them.',
      '# TYPE playhead_frame_requests_total counter',
      ...[...this.#requests].map(
        ([outcome, count]) => `playhead_frame_requests_total{outcome="${outcome}"} ${count}`,
      ),
      '# HELP playhead_frame_refused_total Framed connections that were ended for what came by them.',
      '# TYPE playhead_frame_refused_total counter',
      ...[...this.#refused].map(
        ([reason, count]) => `playhead_frame_refused_total{reason="${reason}"} ${count}`,
      ),
      '',
    ].join('\n');
  }
}
