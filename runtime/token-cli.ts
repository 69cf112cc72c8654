import { parseArgs } from 'node:util';
import { systemClock } from './clock.ts';
import { readConfig } from './config.ts';
import { mintDevelopmentToken } from './identity.ts';

/**
 * `npm run -s token -- --profile NAME [--profiles NAME,NAME] [--lifetime SECONDS]`: one development access
 * token, nothing else. `profiles` are those of the account.
 */
async function main(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      profile: { type: 'string', default: 'demo' },
      profiles: { type: 'string' },
      lifetime: { type: 'string', default: String(12 * 3_600) },
    },
  });
  const token = await mintDevelopmentToken(readConfig(), {
    profileId: values.profile,
    ...(values.profiles !== undefined && { accountProfiles: values.profiles.split(',') }),
    nowMs: systemClock.nowMs(),
    lifetimeS: Number(values.lifetime),
  });
  process.stdout.write(`${token}\n`);
}

if (import.meta.main) await main(process.argv.slice(2));
