import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';

/** What a process writes that logs this, a line of JSON each. */
function logged(script: string): Record<string, unknown>[] {
  const program = `
    import { createLog } from './runtime/log.ts';
    const log = createLog({ level: 'debug', part: 'test', pseudonymKey: 'a key' });
    ${script}`;
  const flags = ['--input-type=module', '--eval', program];
  const { stdout, stderr } = spawnSync(process.execPath, flags, { encoding: 'utf8' });
  expect(stdout).toBe('');
  return stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const errorOf = (line: Record<string, unknown> | undefined) =>
  line?.err as { message: string; stack: string };

describe('the log', () => {
  it('calls whoever it names by the same pseudonym each time', () => {
    const [first, second] = logged(`
      log.warn({ profileId: 'alice', titleId: 'mov_1', partition: 3 }, 'one');
      log.child({ requestId: 'r' }).debug({ profileId: 'alice' }, 'two');`);
    expect(first).toMatchObject({ part: 'test', partition: 3, msg: 'one' });
    expect(first?.profileId).toMatch(/^~[\w-]{12}$/);
    expect(second?.profileId).toBe(first?.profileId);
    expect(first?.titleId).not.toBe(first?.profileId);
  });

  it('uses pseudonyms that whoever has the key can look up, and nobody else', () => {
    const key = 'a secret that is long enough, as it must be';
    const [line] = logged(`
      createLog({ level: 'warn', part: 'test', pseudonymKey: '${key}' }).warn({ profileId: 'alice' }, 'one');`);
    const lookUp = (env: Record<string, string>) =>
      spawnSync(process.execPath, ['runtime/pseudonym-cli.ts', 'alice'], { env, encoding: 'utf8' });
    expect(lookUp({ SESSION_KEY: key }).stdout).toBe(`${line?.profileId}\n`);
    expect(lookUp({}).status).toBe(78);
  });

  it('tells what an error is and where, and nothing that it quotes or carries', () => {
    const [line] = logged(`
      class ReplyError extends Error { name = 'ReplyError'; command = { name: 'evalsha', args: ['ph:{1}:p:canary'] }; }
      const cause = new ReplyError('ERR wrong type for "canary"');
      const error = new Error('Variable "$input" got invalid value { session: "canary" }', { cause });
      log.error({ err: Object.assign(error, { code: 'X', source: 'canary' }) }, 'failed');`);
    expect(JSON.stringify(line)).not.toContain('canary');
    expect(line?.err).toMatchObject({
      type: 'Error',
      code: 'X',
      message: 'Variable "…" got invalid value …',
      causes: [{ type: 'ReplyError', message: 'ERR wrong type for "…"' }],
    });
    expect(errorOf(line).stack).toMatch(/^ {4}at /);
  });

  it.each([
    ['a token', `new Error('no Bearer canary12345.canary12345.canary12345')`, 'no Bearer [token]'],
    [
      'a file',
      `await import('node:fs').then((fs) => fs.promises.readFile('/nowhere')).catch((e) => e)`,
      /'\/nowhere'/,
    ],
    [
      'bad JSON',
      `(() => { try { JSON.parse('{"a":canary}') } catch (e) { return e } })()`,
      'not valid JSON',
    ],
    ['no error at all', `{ canary: 'canary' }`, 'not an error'],
  ])('words %s so that an operator can use it', (_what, error, message) => {
    const [line] = logged(`log.error({ err: ${error} }, 'failed');`);
    expect(JSON.stringify(line)).not.toContain('canary');
    expect(errorOf(line).message).toMatch(message);
  });
});
