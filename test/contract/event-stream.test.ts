import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedEventStream } from '../../stores/embedded/stream.ts';
import type { EventCopies } from '../../stores/event-copies.ts';
import type { EventStream } from '../../stores/event-stream.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { describeEventStream, type EventStreamUnderTest } from './event-stream.ts';

describeEventStream('embedded', async () => onFile((stream) => stream));
describeEventStream('embedded, its file opened anew for every read', async () =>
  onFile(readingAnew),
);

type Stream = EventStream & EventCopies;
type Open = () => Stream;

function onFile(dress: (stream: Stream, open: Open) => Stream): EventStreamUnderTest {
  const folder = mkdtempSync(join(tmpdir(), 'playhead-events-'));
  const clock = new ManualClock();
  const opened: EventStream[] = [];
  const open = () => {
    const path = join(folder, 'events.db');
    const stream = openEmbeddedEventStream({ path, partitions: 4, clock });
    opened.push(stream);
    return stream;
  };
  return {
    events: dress(open(), open),
    another: async () => dress(open(), open),
    nowMs: () => clock.nowMs(),
    pass: (ms) => clock.advance(ms),
    async close() {
      for (const stream of opened) await stream.close();
      rmSync(folder, { recursive: true, force: true });
      if (clock.pending > 0) throw new Error('A closed stream still looks for entries.');
    },
  };
}

/** Every read is that of a process that has just started. */
function readingAnew(stream: Stream, open: Open): Stream {
  let isClosed = false;
  const anew = async <Answer>(ask: (fresh: Stream) => Promise<Answer>): Promise<Answer> => {
    const fresh = isClosed ? stream : open();
    try {
      return await ask(fresh);
    } finally {
      await fresh.close();
    }
  };
  return {
    ...stream,
    read: (from) => anew((fresh) => fresh.read(from)),
    newest: (partition) => anew((fresh) => fresh.newest(partition)),
    copiedUpTo: (of) => anew((fresh) => fresh.copiedUpTo(of)),
    close() {
      isClosed = true;
      return stream.close();
    },
  };
}
