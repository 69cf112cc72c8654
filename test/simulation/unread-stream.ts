import type { EmbeddedEventStream } from '../../stores/embedded/stream.ts';

/** Nobody reads the event stream here: what is appended is gone. */
export function unreadStream(partitions: number): EmbeddedEventStream {
  return {
    partitions,
    appendNow() {},
    async append() {},
    read: async () => [],
    newest: async () => null,
    unread: async () => ({ entries: 0, oldestAppendedAtMs: null }),
    trim: async () => 0,
    onAppended: () => () => {},
    async close() {},
  };
}
