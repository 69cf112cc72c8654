import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig } from '../../runtime/config.ts';
import { mintDevelopmentToken } from '../../runtime/identity.ts';

/** Keys as a production process has them, made from the development keys of the same folder. */
export async function productionKeys(dataDir: string): Promise<Record<string, string>> {
  const config = readConfig({ DATA_DIR: dataDir });
  await mintDevelopmentToken(config, { profileId: 'nobody', nowMs: Date.now() });
  const made = await readFile(join(dataDir, 'development-keys.json'), 'utf8');
  const keys = JSON.parse(made) as { token: { d?: string }; session: string; identity: string };
  const { d: _private, ...publicKey } = keys.token;
  const file = join(dataDir, 'public-keys.json');
  await writeFile(file, JSON.stringify({ keys: [publicKey] }));
  return { TOKEN_PUBLIC_KEY_FILE: file, SESSION_KEY: keys.session, IDENTITY_KEY: keys.identity };
}
