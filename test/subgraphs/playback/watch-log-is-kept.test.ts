import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PlatformError } from '../../../domain/errors.ts';
import type { Transition } from '../../../domain/transition.ts';
import { createLog } from '../../../runtime/log.ts';
import { openEmbeddedEventStream } from '../../../stores/embedded/stream.ts';
import { openEmbeddedWatchLog } from '../../../stores/embedded/watch-log.ts';
import type { EventStream } from '../../../stores/event-stream.ts';
import type { WatchLog } from '../../../stores/watch-log.ts';
import { WatchLogKeeper } from '../../../subgraphs/playback/keep-watch-log.ts';
import { faulty } from '../../support/faulty.ts';
import { ManualClock, noonMs } from '../../support/manual-clock.ts';
import { StoreGate } from '../../support/store-gate.ts';
import { transition } from '../../support/transitions.ts';
import { until } from '../../support/until.ts';

const intervalMs = 30_000;
const profileId = 'demo';
const log = createLog({ level: 'silent', part: 'test' });

let folder: string;
let clock: ManualClock;
let events: EventStream;
let watchLog: WatchLog;
let stream: StoreGate;
let durable: StoreGate;
let keepers: WatchLogKeeper[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'playhead-keeper-'));
  clock = new ManualClock();
  keepers = [];
  [stream, durable] = [new StoreGate(), new StoreGate()];
  events = openStream('events.db');
  watchLog = openEmbeddedWatchLog({ path: join(folder, 'watch-log.db') });
});
afterEach(async () => {
  for (const keeper of keepers) await keeper.close();
  await events.close();
  await watchLog.close();
  rmSync(folder, { recursive: true, force: true });
  expect(clock.pending).toBe(0);
});

function openStream(file: string): EventStream {
  return openEmbeddedEventStream({ path: join(folder, file), partitions: 1, clock });
}

/** A process that keeps the log. */
function keeper(of: WatchLog = watchLog): WatchLogKeeper {
  const parts = { events: faulty(events, stream), watchLog: faulty(of, durable) };
  const opened = new WatchLogKeeper({ ...parts, clock, log, intervalMs });
  keepers.push(opened);
  return opened;
}

const began = (session: number): Transition =>
  transition({ kind: 'START', sessionId: `session-${session}`, occurredAtMs: noonMs + session });

function tell(...transitions: Transition[]): Promise<void> {
  return events.append({ partition: 0, transitions });
}

async function kept(): Promise<(string | null)[]> {
  const rows = await watchLog.read({ profileId, nowMs: clock.nowMs() });
  return rows.map(({ sessionId }) => sessionId).sort();
}

const sessions = (rows: readonly Transition[]) => rows.map(({ sessionId }) => sessionId).sort();

describe('the watch log', () => {
  it('follows the stream in the background, of what moved on only the newest', async () => {
    keeper().start();
    const progress = [1, 2, 3].map((second) =>
      transition({ kind: 'PROGRESS', occurredAtMs: noonMs + second, positionMs: second }),
    );
    await tell(...progress);
    expect(await kept()).toEqual([]);
    await clock.advance(intervalMs);
    await until(async () => (await kept()).length > 0, { what: 'the stream was copied' });
    const rows = await watchLog.read({ profileId, nowMs: clock.nowMs() });
    expect(rows).toEqual([progress[2]]);
  });

  it('writes of what moved on only where it got to, however many pages of the stream that is', async () => {
    const written: number[] = [];
    const counted: WatchLog = Object.assign(Object.create(watchLog), {
      keep(batch: Parameters<WatchLog['keep']>[0]) {
        written.push(batch.transitions.length);
        return watchLog.keep(batch);
      },
    });
    const progress = Array.from({ length: 2_500 }, (_, place) =>
      transition({ kind: 'PROGRESS', occurredAtMs: noonMs + place, positionMs: place }),
    );
    await tell(...progress);
    expect(await keeper(counted).read({ profileId })).toEqual(progress.slice(-1));
    expect(written).toEqual([1]);
  });

  it('is whole for whoever reads it, however much was told a moment ago', async () => {
    const reader = keeper();
    await tell(...Array.from({ length: 2_500 }, (_, session) => began(session)));
    expect(await reader.read({ profileId })).toHaveLength(2_500);
  });

  it('is whole for a reader that comes while a pass is under way', async () => {
    const reader = keeper();
    await tell(began(1));
    const reads: Promise<Transition[]>[] = [];
    durable.interrupt('after', 'offset', async () => {
      // The pass has asked where the log ends, and is about to read from there.
      stream.interrupt('after', 'read', async () => {
        await tell(began(2));
        reads.push(reader.read({ profileId }));
        reads.push(reader.read({ profileId }));
      });
    });
    expect(sessions(await reader.read({ profileId }))).toContain('session-1');
    for (const read of reads) expect(sessions(await read)).toEqual(['session-1', 'session-2']);
    expect(reads).toHaveLength(2);
  });

  it('is shared by processes that keep it at the same time', async () => {
    await tell(began(1), began(2));
    const reads = [keeper(), keeper()].map((one) => one.read({ profileId }));
    for (const read of reads) expect(sessions(await read)).toEqual(['session-1', 'session-2']);
    stream.forgetCalls();
    await keeper().read({ profileId });
    expect(await kept()).toEqual(['session-1', 'session-2']);
    expect(stream.calls('read')).toBe(1);
  });

  it('is read again from where it ends after a pass that failed in the middle', async () => {
    const reader = keeper();
    await tell(began(1));
    durable.interrupt('before', 'keep', async () => {
      durable.isDown = true;
    });
    await expect(reader.read({ profileId })).rejects.toMatchObject({
      code: 'STATE_UNAVAILABLE',
    });
    expect(await kept()).toEqual([]);
    durable.repair();
    expect(sessions(await reader.read({ profileId }))).toEqual(['session-1']);
  });

  it.each([
    ['the stream is away', () => stream],
    ['it takes no writes', () => durable],
  ])('is told whole or not at all while %s', async (_why, gate) => {
    const reader = keeper();
    await tell(began(1));
    await reader.read({ profileId });
    await tell(began(2), transition({ kind: 'FORGET_ALL', title: '*', occurredAtMs: noonMs + 9 }));
    gate().interrupt('before', gate() === stream ? 'read' : 'keep', async () => {
      gate().isDown = true;
    });
    await expect(reader.read({ profileId })).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    gate().repair();
    expect(await reader.read({ profileId })).toEqual([]);
  });

  it('goes on in the background once the stores are back', async () => {
    keeper().start();
    await tell(began(1));
    stream.isDown = true;
    await clock.advance(intervalMs);
    expect(await kept()).toEqual([]);
    stream.repair();
    await clock.advance(intervalMs);
    await until(async () => (await kept()).length === 1, { what: 'the stream was copied' });
  });

  it('begins anew where the stream is another one', async () => {
    await tell(...[1, 2, 3].map(began));
    await keeper().read({ profileId });
    await events.close();
    events = openStream('restored.db');
    await tell(began(4));
    expect(sessions(await keeper().read({ profileId }))).toContain('session-4');
  });

  it('passes over what has no place in it, and loses no neighbour to it', async () => {
    const damaged = [
      null,
      'text',
      {},
      { ...began(7), version: 'none' },
      { ...began(8), title: '' },
    ];
    await tell(began(1), ...(damaged as unknown as Transition[]), began(2));
    const rows = await keeper().read({ profileId });
    expect(sessions(rows)).toEqual(['session-1', 'session-2']);
  });

  it('passes over what it can never take, and loses no neighbour to it', async () => {
    const never = began(9);
    const picky: WatchLog = {
      ...watchLog,
      async keep(batch) {
        if (batch.transitions.some(({ sessionId }) => sessionId === never.sessionId)) {
          throw new PlatformError('Too long.', { code: 'INTERNAL_SERVER_ERROR' });
        }
        await watchLog.keep(batch);
      },
    };
    await tell(began(1), never, began(2));
    const rows = await keeper(picky).read({ profileId });
    expect(sessions(rows)).toEqual(['session-1', 'session-2']);
    expect(await watchLog.offset(0)).toBe(await events.newest(0));
  });
});
