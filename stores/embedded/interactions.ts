import { createReadStream, promises as disk } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { InteractionLine } from '../../domain/interaction.ts';
import { beginningOf, type ErasedPseudonyms, type Interactions } from '../interactions.ts';

const dayFile = /^\d{4}-\d{2}-\d{2}\.jsonl$/;
/** What a file is called while it is written anew; left by a crash, it is removed. */
const draftFile = /\.erasing$/;
/** No draft takes as long to write. */
const draftAgeMsMax = 3_600_000;
/** Characters that are written at a time: some hundred rows. */
const writeLength = 1_000_000;
/** Today's file grows once a second, and a copy of a day's takes less; others may be at it as well. */
const attemptsMax = 100;
const waitMs = 100;

/** The log as the files of one folder, a day each. */
export function openInteractionFiles(options: {
  folder: string;
  clock: { nowMs(): number };
}): Interactions {
  const { folder, clock } = options;
  return {
    place: folder,
    async of(pseudonym) {
      const found: InteractionLine[] = [];
      for (const path of await files(folder, dayFile))
        found.push(...(await linesOf(path, pseudonym)));
      return found;
    },
    async erase(pseudonyms) {
      await removeLeftDrafts(folder, clock.nowMs());
      let count = 0;
      for (const path of await files(folder, dayFile)) count += await eraseFrom(path, pseudonyms);
      return count;
    },
  };
}

async function removeLeftDrafts(folder: string, nowMs: number): Promise<void> {
  for (const draft of await files(folder, draftFile)) {
    const found = await disk.stat(draft).catch(() => null);
    if (found !== null && found.mtimeMs < nowMs - draftAgeMsMax)
      await disk.rm(draft, { force: true });
  }
}

/** None where the folder does not exist. */
async function files(folder: string, pattern: RegExp): Promise<string[]> {
  const names = await disk.readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function lines(path: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
}

async function linesOf(path: string, pseudonym: string): Promise<InteractionLine[]> {
  const found: InteractionLine[] = [];
  for await (const text of lines(path)) {
    if (!text.includes(pseudonym)) continue;
    const line = parsed(text);
    if (line?.profile === pseudonym) found.push(line);
  }
  return found;
}

/** Null for what is no line of the log: half of one, after a crash. */
function parsed(text: string): InteractionLine | null {
  try {
    return JSON.parse(text) as InteractionLine;
  } catch {
    return null;
  }
}

/** Half a line that names a pseudonym goes as well. */
function isErased(text: string, pseudonyms: ErasedPseudonyms): boolean {
  const line = parsed(text);
  if (line === null) return [...pseudonyms.keys()].some((pseudonym) => text.includes(pseudonym));
  const untilMs = pseudonyms.get(line.profile);
  return untilMs !== undefined && beginningOf(line) <= untilMs;
}

/**
 * Writes the file anew, whole or not at all; again if somebody appended to it meanwhile. Who has made the
 * draft has the file to itself: two that erase at once would each bring back what the other took out.
 */
async function eraseFrom(path: string, pseudonyms: ErasedPseudonyms): Promise<number> {
  const draft = `${path}.erasing`;
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const handle = await openDraft(draft);
    if (handle === null) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      continue;
    }
    const before = (await disk.stat(path)).size;
    const count = await copyWithout(path, handle, pseudonyms);
    if (count > 0 && (await disk.stat(path)).size === before) {
      await disk.rename(draft, path);
      return count;
    }
    await disk.rm(draft);
    if (count === 0) return 0;
  }
  throw new Error(`${path} is written to all the time: try again.`);
}

/** Null: another has it. */
async function openDraft(draft: string): Promise<disk.FileHandle | null> {
  return disk.open(draft, 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return null;
    throw error;
  });
}

async function copyWithout(
  path: string,
  draft: disk.FileHandle,
  pseudonyms: ErasedPseudonyms,
): Promise<number> {
  let count = 0;
  let kept = '';
  try {
    for await (const text of lines(path)) {
      if (isErased(text, pseudonyms)) count += 1;
      else kept += `${text}\n`;
      if (kept.length < writeLength) continue;
      await draft.write(kept);
      kept = '';
    }
    await draft.write(kept);
    await draft.sync();
  } finally {
    await draft.close();
  }
  return count;
}
