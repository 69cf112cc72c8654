import { existsSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';

/** The SDK's own modules, and what they share with the servers. */
const sourcePattern = /^\/((?:client|domain)\/[a-z-]+\.ts)$/;
const packagePattern = /^\/(graphql-sse\/)([a-z]+\.mjs)$/;

/** A module by its path on the site: sources without their types, one by one, as bundlers get them. */
export function sdkModule(path: string): string | undefined {
  const [, source] = sourcePattern.exec(path) ?? [];
  if (source !== undefined) {
    return existsSync(source) ? stripTypeScriptTypes(readFileSync(source, 'utf8')) : undefined;
  }
  const [, folder, file] = packagePattern.exec(path) ?? [];
  return file === undefined ? undefined : readFileSync(`node_modules/${folder}lib/${file}`, 'utf8');
}
