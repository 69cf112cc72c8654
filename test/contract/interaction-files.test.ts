import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../runtime/clock.ts';
import { openInteractionFiles } from '../../stores/embedded/interactions.ts';

const day = '2026-11-26.jsonl';
const lineOf = (profile: string) => JSON.stringify({ kind: 'row', atMs: 1_000, profile });
const erased = (...profiles: string[]) => new Map(profiles.map((profile) => [profile, 2_000]));

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'playhead-interactions-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const open = () => openInteractionFiles({ folder, clock: systemClock });
const kept = () => readFileSync(join(folder, day), 'utf8');

describe('erasing from the files of the interaction log', () => {
  it('takes out what it is asked for, whoever else erases at the same time', async () => {
    const profiles = Array.from({ length: 8 }, (_, index) => `profile-${index}`);
    const lines = Array.from({ length: 4_000 }, (_, index) => lineOf(profiles[index % 8] ?? ''));
    writeFileSync(join(folder, day), `${[...lines, lineOf('other')].join('\n')}\n`);
    const counts = await Promise.all(profiles.map((profile) => open().erase(erased(profile))));
    expect(counts).toEqual(profiles.map(() => 500));
    expect(kept()).toBe(`${lineOf('other')}\n`);
    expect(readdirSync(folder)).toEqual([day]);
  });

  it('removes what a crash left, and touches nothing that is being written', async () => {
    writeFileSync(join(folder, day), `${lineOf('one')}\n`);
    const left = join(folder, '2026-11-25.jsonl.erasing');
    const written = join(folder, '2026-11-24.jsonl.erasing');
    for (const draft of [left, written]) writeFileSync(draft, lineOf('two'));
    const longAgo = systemClock.nowMs() / 1_000 - 7_200;
    utimesSync(left, longAgo, longAgo);
    expect(await open().erase(erased('one'))).toBe(1);
    expect(readdirSync(folder)).toEqual(['2026-11-24.jsonl.erasing', day]);
  });
});
