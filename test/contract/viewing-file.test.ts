import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { foldTransition, newestVersion } from '../../domain/viewing.ts';
import { openEmbeddedEventStream } from '../../stores/embedded/stream.ts';
import { openEmbeddedViewingStore } from '../../stores/embedded/viewing.ts';
import { createConsumer } from '../../subgraphs/recommendations/consume.ts';
import { silent } from '../subgraphs/recommendations/world.ts';
import { ManualClock, noonMs } from '../support/manual-clock.ts';
import { transition } from '../support/transitions.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'playhead-view-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The tables as the release before plays had them. */
const firstTables = `
  CREATE TABLE viewing (
    profile_id TEXT NOT NULL, title TEXT NOT NULL, newest_version TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (profile_id, title)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX viewing_by_recency ON viewing (profile_id, newest_version);
  CREATE TABLE floor (profile_id TEXT PRIMARY KEY, version TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE consumed (partition INTEGER PRIMARY KEY, stream_offset TEXT NOT NULL) STRICT;
  PRAGMA user_version = 1`;

const at = (title: string, afterMs: number, kind: 'START' | 'FORGET' = 'START') =>
  transition({ kind, title, occurredAtMs: noonMs + afterMs });

describe('the view of an older release', () => {
  it('keeps its viewings, and gets the plays of all that the stream still holds', async () => {
    const path = join(folder, 'recommendations.db');
    const clock = new ManualClock();
    const events = openEmbeddedEventStream({ path: ':memory:', partitions: 1, clock });
    await events.append({ partition: 0, transitions: [at('a', 1), at('b', 2)] });
    const old = new DatabaseSync(path);
    old.exec(firstTables);
    const gone = foldTransition(null, at('no longer in the stream', 0));
    old
      .prepare('INSERT INTO viewing VALUES (?, ?, ?, ?)')
      .run('demo', gone.title, newestVersion(gone), JSON.stringify(gone));
    old.prepare('INSERT INTO consumed VALUES (0, ?)').run((await events.newest(0)) as string);
    old.close();

    const viewings = openEmbeddedViewingStore({ path });
    expect(await viewings.offset(0)).toBeNull();
    const consumer = createConsumer({ events, viewings, clock, log: silent });
    await consumer.start();
    const recent = await viewings.recent({ profileId: 'demo', limit: 9 });
    expect(recent.map(({ title }) => title)).toEqual(['b', 'a', gone.title]);
    expect((await viewings.plays('demo')).map(({ title }) => title)).toEqual(['a', 'b']);
    await consumer.close();
    await viewings.close();
    await events.close();
  });
});

describe('what was forgotten', () => {
  it('is in no row of the file', async () => {
    const path = join(folder, 'recommendations.db');
    const viewings = openEmbeddedViewingStore({ path });
    const forgetAll = transition({ kind: 'FORGET_ALL', occurredAtMs: noonMs + 9 });
    const transitions = [at('secret-one', 1), at('kept-one', 2), at('secret-one', 3, 'FORGET')];
    await viewings.fold({ partition: 0, transitions, offset: '1' });
    const file = new DatabaseSync(path);
    const plays = () => file.prepare('SELECT play_key FROM play').all();
    const all = () => [...plays(), ...file.prepare('SELECT title FROM viewing').all()];
    expect(JSON.stringify(plays())).not.toContain('secret');
    expect(JSON.stringify(plays())).toContain('kept-one');
    await viewings.putCorrection('demo', Uint8Array.of(1));
    await viewings.fold({ partition: 0, transitions: [forgetAll], offset: '2' });
    expect(all()).toEqual([]);
    expect(file.prepare('SELECT correction FROM learning').all()).toEqual([{ correction: null }]);
    file.close();
    await viewings.close();
  });
});
