// Breaks: the process that owns the durable store.
// How: SIGKILL in the middle of its writes, a dozen times over one file.
// Must hold: every write that had resolved is in the file, whole; the file opens by itself.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { DurableProfile } from '../../stores/durable-store.ts';
import { openEmbeddedDurableStore } from '../../stores/embedded/durable.ts';
import { Chance } from '../support/chance.ts';
import { firstSeed } from '../support/seeds.ts';

/** A register that the child had been told is written. */
interface Acknowledged {
  profileId: string;
  title: string;
  version: string;
  positionMs: number;
}

const childPath = fileURLToPath(new URL('./durable-store-child.ts', import.meta.url));
const rounds = 12;
/** At most this many writes are acknowledged before a kill. */
const acknowledgedMax = 400;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'playhead-killed-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('a durable store whose process is killed', () => {
  it(`has every intent that was acknowledged, after each of ${rounds} kills`, async () => {
    try {
      await killAgainAndAgain(join(folder, 'playback.db'), new Chance(firstSeed));
    } catch (cause) {
      throw new Error(`SEED=${firstSeed} npm test -- test/fault/durable-store-killed`, { cause });
    }
  });
});

async function killAgainAndAgain(path: string, chance: Chance): Promise<void> {
  const newest = new Map<string, Acknowledged>();
  for (let round = 0; round < rounds; round += 1) {
    const writes = 1 + chance.below(acknowledgedMax);
    const acknowledged = await writeUntilKilled({ path, round, writes });
    expect(acknowledged.length).toBeGreaterThanOrEqual(writes);
    for (const register of acknowledged) {
      const key = `${register.profileId}|${register.title}`;
      const known = newest.get(key);
      if (known === undefined || register.version > known.version) newest.set(key, register);
    }
    await expectAll(path, newest);
  }
}

/** Everything that a child acknowledged until it was killed, just after the last of `writes`. */
async function writeUntilKilled(of: {
  path: string;
  round: number;
  writes: number;
}): Promise<Acknowledged[]> {
  const firstSecond = 1_790_000_000 + of.round * 1_000_000;
  const child: ChildProcess = spawn(process.execPath, [childPath, of.path, String(firstSecond)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const hasExited = once(child, 'exit');
  const acknowledged: Acknowledged[] = [];
  try {
    for await (const line of createInterface({ input: child.stdout! })) {
      if (!line.endsWith('}')) break;
      acknowledged.push(JSON.parse(line) as Acknowledged);
      if (acknowledged.length === of.writes) child.kill('SIGKILL');
    }
  } finally {
    child.kill('SIGKILL');
  }
  expect(await hasExited).toEqual([null, 'SIGKILL']);
  return acknowledged;
}

/** The file holds these registers or newer ones, each whole. */
async function expectAll(path: string, newest: ReadonlyMap<string, Acknowledged>): Promise<void> {
  const durable = openEmbeddedDurableStore({ path });
  const profiles = new Map<string, DurableProfile>();
  for (const { profileId, title, version, positionMs } of newest.values()) {
    const profile = profiles.get(profileId) ?? (await durable.read(profileId));
    profiles.set(profileId, profile);
    const { playhead, visibility } = profile.titles.get(title) ?? {};
    expect(playhead?.version).toBe(visibility?.version);
    expect(playhead!.version >= version).toBe(true);
    if (playhead!.version === version) expect(playhead).toMatchObject({ positionMs });
    expect(profile.devices.length).toBeGreaterThan(0);
  }
  await durable.close();
}
