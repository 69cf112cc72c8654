import type { ProcessParts } from '../../runtime/run-process.ts';
import { noTracer, storeSystems, tracedStore } from '../../runtime/tracing.ts';
import type { PlaybackStores } from '../../stores/open.ts';

/** The same stores; what a request asks of them is a part of its trace. */
export function tracedStores(
  stores: PlaybackStores,
  { config, tracer = noTracer }: Pick<ProcessParts, 'config' | 'tracer'>,
): PlaybackStores {
  if (tracer === noTracer) return stores;
  const { hot: fast, durable: lasting } = storeSystems(config);
  return {
    ...stores,
    hot: tracedStore(stores.hot, {
      ...{ tracer, system: fast },
      methods: ['merge', 'read', 'hydrate', 'takeOver', 'dropMark', 'identity'],
    }),
    durable: tracedStore(stores.durable, {
      ...{ tracer, system: lasting },
      methods: ['read', 'write'],
    }),
    watchLog: tracedStore(stores.watchLog, {
      ...{ tracer, system: lasting },
      methods: ['read', 'keep', 'offset'],
    }),
  };
}
