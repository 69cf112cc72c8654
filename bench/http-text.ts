import type { Outcome } from './plays.ts';
import type { Beat } from './workload.ts';

/** What all dialects share: the head of a request, its body behind it, the outcome in an answer. */
export function headOf(host: string): string {
  return `POST /graphql HTTP/1.1\r\nhost: ${host}\r\nuser-agent: playhead-bench\r\naccept: application/json\r\ncontent-type: application/json\r\n`;
}

/** Bodies are ASCII here: as many bytes as characters. */
export function withBody(head: string, body: string): string {
  return `${head}content-length: ${body.length}\r\n\r\n${body}`;
}

export function newestOf(batch: readonly Beat[]): Beat {
  return batch.at(-1) as Beat;
}

/** Errors: throws for an answer with an error or a problem in it, and for one without that field. */
export function graphqlOutcome(answer: string, field: string): Outcome {
  const { data, errors } = JSON.parse(answer) as {
    data?: Record<string, { outcome: Outcome; problems?: unknown[] } | null>;
    errors?: unknown[];
  };
  const payload = data?.[field];
  if (errors !== undefined || !payload || (payload.problems?.length ?? 0) > 0) {
    throw new Error(`A heartbeat was answered with: ${answer}`);
  }
  return payload.outcome;
}
