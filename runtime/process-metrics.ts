import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * What Node knows of this process (memory, event loop, garbage), in Prometheus' text format. Once a
 * process: it watches until the end.
 */
export function createProcessMetrics(): () => Promise<string> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return () => registry.metrics();
}
