import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../../runtime/config.ts';
import { openSubgraphVerifier } from '../../runtime/signed-identity.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** What docs/identity.md gives to those who write subgraphs in other languages, run as it stands there. */
const page = readFileSync('docs/identity.md', 'utf8');
const vector = (name: string) =>
  new RegExp(`^ {4}${name} +(.+)$`, 'm').exec(page)?.[1] ?? `no ${name}`;
const code = (language: string) =>
  new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(page)?.[1] ?? '';
const [key, statement, atS] = [vector('key'), vector('statement'), Number(vector('at'))];

type Case = [authorization: string, key: string, atS: number];

const good: Case = [`Bearer ${statement}`, key, atS];
const bad: Record<string, Case> = {
  'nothing at all': ['', key, atS],
  'no scheme': [statement, key, atS],
  'another algorithm': [`Bearer ${statement.replace('eyJhbGciOiJI', 'eyJhbGciOiJF')}`, key, atS],
  'no signature': [`Bearer ${statement.replace(/[^.]+$/, '')}`, key, atS],
  'another claim': [`Bearer ${statement.replace('.eyJpc3Mi', '.eyJpc3Mj')}`, key, atS],
  'another key': [`Bearer ${statement}`, `${key}.`, atS],
  'too late': [`Bearer ${statement}`, key, 1_767_225_655],
  'too early': [`Bearer ${statement}`, key, 1_767_225_594],
};

interface Verifier {
  /** The command that runs a program given as text. */
  command: [string, ...string[]];
  program: string;
}

const ask: Record<string, Verifier> = {
  js: {
    command: [process.execPath, '--input-type=commonjs', '-e'],
    program: `
      const answers = JSON.parse(process.argv.at(-1)).map((given) => {
        try { return verify(...given); } catch { return 'refused'; }
      });
      console.log(JSON.stringify(answers));`,
  },
  python: {
    command: [process.env.PLAYHEAD_PYTHON ?? 'python3', '-c'],
    program: `
import sys
def answer(given):
    try: return verify(*given)
    except ValueError: return 'refused'
print(json.dumps([answer(given) for given in json.loads(sys.argv[-1])]))`,
  },
};

const isThere = ({ command: [program] }: Verifier) =>
  process.env.CI !== undefined || spawnSync(program, ['--version']).status === 0;

describe.each(Object.entries(ask))('the verifier in %s', (language, verifier) => {
  (isThere(verifier) ? it : it.skip)('takes the vector, and refuses what is not it', () => {
    const cases = [good, ...Object.values(bad)];
    const [program, ...argv] = verifier.command;
    const { stdout, stderr } = spawnSync(
      program,
      [...argv, `${code(language)}\n${verifier.program}`, JSON.stringify(cases)],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    const [first, ...others] = JSON.parse(stdout);
    expect(first).toMatchObject({
      ...{ sub: 'account-1', profile: 'alice', profiles: ['alice', 'alice-guest'] },
      token_exp: 1_767_229_200,
    });
    expect(others).toEqual(Object.keys(bad).map(() => 'refused'));
  });
});

describe('the subgraphs of this repository', () => {
  const verify = async ([authorization, secret, nowS]: Case) => {
    const config = readConfig({ IDENTITY_KEY: secret });
    return (await openSubgraphVerifier(config, new ManualClock(nowS * 1_000))).verify(
      authorization,
    );
  };

  it('take the same vector', async () => {
    expect(await verify(good)).toEqual({
      ...{ profileId: 'alice', accountProfiles: ['alice', 'alice-guest'], subject: 'account-1' },
      expiresAtMs: 1_767_229_200_000,
    });
  });

  it.each(Object.entries(bad))('refuse what the others refuse: %s', async (_what, given) => {
    await expect(verify(given)).rejects.toThrow();
  });
});
