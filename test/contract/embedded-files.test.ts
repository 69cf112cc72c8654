import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DurableStore } from '../../stores/durable-store.ts';
import { openEmbeddedDurableStore } from '../../stores/embedded/durable.ts';
import { openEmbeddedEventStream } from '../../stores/embedded/stream.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { playheadAt, transitionAt } from './writes.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'playhead-files-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('a file that another process has locked', () => {
  it('refuses all that waits after one wait, keeps nothing back, and takes it once it is free', async () => {
    const path = join(folder, 'playback.db');
    const durable = openEmbeddedDurableStore({ path });
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    const startedMs = performance.now();
    const outcomes = await Promise.allSettled(titles.map((title) => put(durable, title)));
    expect(performance.now() - startedMs).toBeLessThan((titles.length - 1) * busyTimeoutMs);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ reason: { code: 'STATE_UNAVAILABLE' } });
    }
    other.exec('ROLLBACK');
    expect((await durable.read('demo')).titles.size).toBe(0);
    await Promise.all(titles.map((title) => put(durable, title)));
    expect((await durable.read('demo')).titles.size).toBe(titles.length);
    other.close();
    await durable.close();
  });
});

describe('a file that cannot be opened', () => {
  it('is named, when it is no database', () => {
    const path = join(folder, 'playback.db');
    writeFileSync(path, 'Not a database, whatever its name says. '.repeat(100));
    expect(() => openEmbeddedDurableStore({ path })).toThrow(
      expect.objectContaining({ code: 'STATE_UNAVAILABLE', message: `Cannot open ${path}.` }),
    );
  });

  it('is named, when it is of a later release, and is left as it is', async () => {
    const path = join(folder, 'playback.db');
    await openEmbeddedDurableStore({ path }).close();
    const later = new DatabaseSync(path);
    later.exec('PRAGMA user_version = 99');
    expect(() => openEmbeddedDurableStore({ path })).toThrow(
      expect.objectContaining({
        message: `Cannot open ${path}.`,
        cause: expect.objectContaining({ message: expect.stringContaining('version 99') }),
      }),
    );
    expect(later.prepare('PRAGMA user_version').get()).toEqual({ user_version: 99 });
    later.close();
  });
});

describe('an event stream that cannot look for entries just now', () => {
  it('looks again, and then tells what it had missed', async () => {
    const path = join(folder, 'events.db');
    const clock = new ManualClock();
    const events = openEmbeddedEventStream({ path, partitions: 2, clock });
    const told: number[] = [];
    const stop = events.onAppended((partition) => told.push(partition));
    const other = new DatabaseSync(path);
    other.exec('ALTER TABLE entry RENAME TO away');
    await clock.advance(1_000);
    other.exec('ALTER TABLE away RENAME TO entry');
    const elsewhere = openEmbeddedEventStream({ path, partitions: 2, clock });
    await elsewhere.append({ partition: 1, transitions: [transitionAt(1)] });
    await clock.advance(200);
    expect(told).toEqual([1]);
    stop();
    other.close();
    await elsewhere.close();
    await events.close();
  });
});

/** What stores/embedded/sqlite.ts waits for a lock. */
const busyTimeoutMs = 2_000;

const titles = ['sintel', 'spring', 'coffee-run', 'charge', 'wing-it'];

function put(durable: DurableStore, title: string): Promise<void> {
  const playhead = playheadAt(1);
  return durable.write({
    profileId: 'demo',
    titles: [{ title, playhead, visibility: null }],
    devices: [],
  });
}
