import { createHmac, randomBytes } from 'node:crypto';
import { type Logger, pino } from 'pino';

export type { Logger };

/** Fields that name somebody, or what somebody watches: logged under a pseudonym. */
const namingFields: readonly string[] = [
  'profileId',
  'titleId',
  'playableId',
  'deviceId',
  'sessionId',
  'subject',
  'id',
];
/** 72 bits: no two of a million profiles are taken for one. */
const pseudonymLength = 12;
/** An error whose causes go deeper is a circle. */
const causesMax = 5;

/**
 * What a log calls a profile, a title or a device: the same wherever `key` is, and a way back for nobody.
 * Shape: `~` and 12 characters.
 */
export function pseudonymOf(name: string, key: string): string {
  const hash = createHmac('sha256', key).update(`log:${name}`).digest('base64url');
  return `~${hash.slice(0, pseudonymLength)}`;
}

/**
 * The process's logger: JSON lines on standard error, so that standard output stays for people.
 * Ids are logged as pseudonyms, tokens never; a heartbeat never above debug. Of an error its own
 * words, with what it quotes left out: drivers and parsers quote keys, documents and variables.
 */
export function createLog(options: {
  level: string;
  part: string;
  /** Default: one of this process alone. */
  pseudonymKey?: string | undefined;
}): Logger {
  const { pseudonymKey = randomBytes(32).toString('base64url') } = options;
  return pino(
    {
      level: options.level,
      base: { part: options.part },
      redact: ['authorization', 'token', 'headers.authorization'],
      serializers: { err: (error: unknown) => described(error) },
      formatters: { log: (fields) => pseudonymous(fields, pseudonymKey) },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}

function pseudonymous(fields: Record<string, unknown>, key: string): Record<string, unknown> {
  const names = namingFields.filter((field) => typeof fields[field] === 'string');
  if (names.length === 0) return fields;
  const hidden = names.map((field) => [field, pseudonymOf(fields[field] as string, key)]);
  return { ...fields, ...Object.fromEntries(hidden) };
}

interface Described {
  type: string;
  message: string;
  code?: string | undefined;
  stack?: string | undefined;
  causes?: readonly Described[];
}

/** Its class, words, code, frames and causes, and none of the properties that libraries add. */
function described(error: unknown, depth = 0): Described {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an error' };
  const { code } = error as { code?: unknown };
  const inner = error instanceof AggregateError ? error.errors : [];
  const causes = [...(error.cause === undefined ? [] : [error.cause]), ...inner];
  return {
    type: error.name,
    message: withoutQuotations(error),
    code: typeof code === 'string' ? code : undefined,
    stack: framesOf(error),
    ...(causes.length > 0 &&
      depth < causesMax && { causes: causes.map((cause) => described(cause, depth + 1)) }),
  };
}

/** The message stands at the head of a stack as well. */
function framesOf({ stack = '' }: Error): string {
  return stack
    .split('\n')
    .filter((line) => /^ {4}at /.test(line))
    .join('\n');
}

/** Errors of the system quote files and addresses, which an operator needs. */
function withoutQuotations(error: Error): string {
  if (typeof (error as { syscall?: unknown }).syscall === 'string') return error.message;
  // What is quoted may have quotes in it: nothing of such a message can be told apart.
  if (error instanceof SyntaxError && error.message.includes('JSON')) return 'not valid JSON';
  return error.message
    .replaceAll(/[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/g, '[token]')
    .replaceAll(/"[^"]*"|'[^']*'|`[^`]*`/g, '"…"')
    .replaceAll(/\{.*\}|\[(?!token\]).*\]/gs, '…');
}
