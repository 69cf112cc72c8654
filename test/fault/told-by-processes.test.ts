// What a failed run says of its processes: the kinds of errors that they met last, read from a real log.
import { spawnSync } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { toldByProcesses } from './told-by-processes.ts';

const logging = `
  import { createLog } from './runtime/log.ts';
  const log = createLog({ level: 'debug', part: 'playback' });
  const lost = new Error('Redis failed: read.', { cause: new Error('connect ECONNREFUSED') });
  log.info('nothing is wrong');
  log.debug({ err: lost }, 'the hot store does not answer');
  log.debug({ err: lost }, 'the hot store does not answer');
  log.warn({ err: new Error('late') }, 'tried again');
`;

it('names each kind of error once, how often, with its causes, the latest last', () => {
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', logging], {
    encoding: 'utf8',
  });
  const torn = stderr.slice(0, 40);
  const told = toldByProcesses(`playback http://localhost/graphql\n${stderr}${torn}`);
  expect(told.map((line) => line.replace(/^\S+Z /, ''))).toEqual([
    '×2 the hot store does not answer <- Redis failed: read. <- connect ECONNREFUSED',
    '×1 tried again <- late',
  ]);
});
