import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { errorCatalogue } from '../../domain/errors.ts';
import { firstSeed } from '../support/seeds.ts';
import { openTarget, type Target } from './target.ts';

const run = promisify(execFile);
/** A Python that has what test/attack/requirements.txt lists; one that is named and has it not is a failure. */
const python = process.env.PLAYHEAD_PYTHON;
/** Unforeseen is what nobody may be able to bring about. */
const codes = Object.keys(errorCatalogue).filter((code) => code !== 'INTERNAL_SERVER_ERROR');
/** Of each of the 15 operations: 90 cases in all, in 20 s. */
const examples = 8;
const deadlineMs = 120_000;

(python === undefined ? describe.skip : describe)('schemathesis, at PLAYHEAD_PYTHON', () => {
  let target: Target;
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'schemathesis-'));
    target = await openTarget();
  });
  afterAll(async () => {
    await target.stop();
    await rm(directory, { recursive: true });
  });

  it('finds no answer that is a fault of the gateway, or has a code of no list', async () => {
    const seed = String(Math.abs(firstSeed));
    const command = join(resolve(dirname(python as string)), 'st');
    const argv = [
      ...['run', resolve('schema/api.graphql'), '--url', target.url, '--no-color'],
      ...['-H', `Authorization: Bearer ${target.token}`],
      ...['--checks', 'closed_codes', '--seed', seed, '--max-examples', String(examples)],
    ];
    const { stdout } = await run(command, argv, {
      // It keeps what it found where it runs.
      cwd: directory,
      timeout: deadlineMs,
      env: {
        PATH: process.env.PATH,
        HOME: directory,
        PYTHONDONTWRITEBYTECODE: '1',
        PYTHONPATH: resolve('test/attack'),
        SCHEMATHESIS_HOOKS: 'closed_codes',
        ERROR_CODES: codes.join(','),
      },
    }).catch((error: { stdout?: string; stderr?: string }) => {
      throw new Error(`SEED=${seed}\n${error.stdout}\n${error.stderr}`, { cause: error });
    });
    // That it did ask, and of everything.
    expect(stdout).toMatch(/Operations:\s+(\d+) selected \/ \1 total/);
    expect(Number(/(\d+) generated/.exec(stdout)?.[1])).toBeGreaterThan(15);
  });
});
