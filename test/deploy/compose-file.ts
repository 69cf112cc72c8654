import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface Service {
  image: string;
  command?: string[];
  restart?: string;
  user?: string;
  privileged?: boolean;
  environment?: Record<string, string | number | null>;
  ports?: string[];
  volumes?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[]; interval: string; timeout: string };
}

export interface ComposeFile {
  services: Record<string, Service>;
  volumes?: Record<string, unknown>;
}

export const composePath = 'compose.yaml';
export const productionPath = 'deploy/compose.production.yaml';

/** A compose file as Docker reads it: anchors and merge keys resolved, variables not. */
export function readCompose(path = composePath): ComposeFile {
  return parse(readFileSync(path, 'utf8'), { merge: true }) as ComposeFile;
}

/** A value with its `${NAME:-default}` and `${NAME:?hint}` filled in from `given`. */
function interpolated(text: string, given: Record<string, string>): string {
  return text.replaceAll(/\$\{[^}]*\}/g, (variable) => {
    const [, name = '', fallback] = /^\$\{([A-Z_]+)(?::-(.*)|:\?.*)?\}$/.exec(variable) ?? [];
    const value = given[name] ?? fallback;
    if (value === undefined) throw new Error(`${variable}: ${name} is not given.`);
    return value;
  });
}

/** The environment that a service's process finds. */
export function environmentOf(
  service: Service,
  given: Record<string, string> = {},
): Record<string, string> {
  const entries = Object.entries(service.environment ?? {});
  return Object.fromEntries(entries.map(([key, value]) => [key, interpolated(`${value}`, given)]));
}

/** The services that run this repository's code, rather than somebody's server. */
export function ownServices(file: ComposeFile): [string, Service][] {
  return Object.entries(file.services).filter(([, { image }]) => image.startsWith('playhead:'));
}
