import type { IncomingHttpHeaders } from 'node:http';

/** What this platform's own processes tell one another; from a client it is a forgery. */
const internalPrefix = 'x-playhead-';

/**
 * Takes them out of what a client sent, before anything reads it. Subgraphs get no header of a client's
 * but those of `propagateHeaders`: this keeps it so whatever is added there.
 */
export function dropInternalHeaders(headers: IncomingHttpHeaders): void {
  for (const name of Object.keys(headers))
    if (name.startsWith(internalPrefix)) delete headers[name];
}
