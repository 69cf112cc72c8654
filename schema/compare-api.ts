import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Change, CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';
import { composeFolder } from './compose.ts';

/** Branches that others build on, the first that is known here. */
const mainBranches = ['origin/main', 'main'];

export interface Comparison {
  /** A sentence: with which commit, and why that one; or why with none. */
  against: string;
  changes: readonly Change[];
}

/**
 * What changed in the public API, `api.graphql` in this folder, since the work tree's branch left main,
 * or `against`. On main itself: since the commit before.
 *
 * Errors: throws when `api.graphql` is not what the subgraphs compose to, `against` is no commit, or the
 * clone has too little of the history to tell.
 */
export async function compareApi(folder: URL, against?: string): Promise<Comparison> {
  const now = await readFile(new URL('api.graphql', folder), 'utf8');
  if ((await composeFolder(folder)).get('api.graphql') !== now) {
    throw new Error(
      'schema/api.graphql is not what the subgraphs compose to: npm run compose first.',
    );
  }
  const base = await baseOf(folder, { now, against });
  if (base.commit === undefined) return { against: base.reason, changes: [] };
  const place = `${base.commit.slice(0, 10)}, ${base.reason}`;
  const before = await git(folder, ['show', `${base.commit}:./api.graphql`]);
  if (before === undefined)
    return { against: `${place}, which has no api.graphql yet`, changes: [] };
  return { against: place, changes: await diff(buildSchema(before), buildSchema(now)) };
}

export function isOfLevel(level: CriticalityLevel) {
  return ({ criticality }: Change): boolean => criticality.level === level;
}

export const isBreaking = isOfLevel(CriticalityLevel.Breaking);
export const isDangerous = isOfLevel(CriticalityLevel.Dangerous);

interface Base {
  commit: string | undefined;
  reason: string;
}

async function baseOf(
  folder: URL,
  { now, against }: { now: string; against: string | undefined },
): Promise<Base> {
  const head = await commitOf(folder, 'HEAD');
  if (head === undefined) throw new Error('schema/ is in no git repository with a commit.');
  const candidates = against === undefined ? mainBranches : [against];
  for (const ref of candidates) {
    const tip = await commitOf(folder, ref);
    if (tip === undefined) continue;
    const base = (await git(folder, ['merge-base', tip, head]))?.trim();
    if (base === undefined)
      return { commit: tip, reason: `${ref}: no common commit is known here` };
    if (base !== head) return { commit: base, reason: `where this branch left ${ref}` };
    const committed = await git(folder, ['show', 'HEAD:./api.graphql']);
    if (committed !== now) return { commit: head, reason: `the last commit, which is on ${ref}` };
    return parentOf(folder, `HEAD is on ${ref}`);
  }
  if (against !== undefined)
    throw new Error(`${against} is no commit of this clone: git fetch it.`);
  return parentOf(folder, 'neither origin/main nor main is known here');
}

async function parentOf(folder: URL, why: string): Promise<Base> {
  const parent = await commitOf(folder, 'HEAD^');
  if (parent !== undefined) return { commit: parent, reason: `the commit before: ${why}` };
  if ((await git(folder, ['rev-parse', '--is-shallow-repository']))?.trim() === 'true') {
    throw new Error(
      `This clone has one commit, and ${why}: fetch main (git fetch origin main), or all of the history.`,
    );
  }
  return { commit: undefined, reason: `nothing: this is the first commit, and ${why}` };
}

async function commitOf(folder: URL, ref: string): Promise<string | undefined> {
  return (await git(folder, ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`]))?.trim();
}

/** Undefined when git says no. */
async function git(folder: URL, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('git', [...args], {
      cwd: fileURLToPath(folder),
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return undefined;
    throw new Error('git is not installed: nothing tells what the API was before.', {
      cause: error,
    });
  }
}
