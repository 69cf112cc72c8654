import { createServer } from 'node:http';
import { pathOf, sendMetrics, sendRefusal } from '../runtime/http-messages.ts';
import { type Address, type Listening, listen } from '../runtime/listen.ts';
import type { Logger } from '../runtime/log.ts';

/**
 * GET /metrics on an address of its own: how busy a service is, and what it is made of, is nobody's
 * business who may reach its public port.
 *
 * Errors: rejects when the port is taken.
 */
export async function serveMetrics(
  metrics: () => Promise<string>,
  { log, ...address }: Address & { log: Logger },
): Promise<Listening> {
  const server = createServer((request, response) => {
    if (pathOf(request) !== '/metrics') {
      const message = 'There is nothing here but /metrics.';
      sendRefusal(response, { status: 404, code: 'BAD_USER_INPUT', message });
      return;
    }
    metrics().then(
      (text) => sendMetrics(response, text),
      (error: unknown) => {
        log.error({ err: error }, 'metrics could not be gathered');
        response.destroy();
      },
    );
  });
  return listen(server, address);
}
