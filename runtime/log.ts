import { type Logger, pino } from 'pino';

export type { Logger };

/**
 * The process's logger: JSON lines on standard error, so that standard output stays for people.
 * Ids may be logged, tokens never; a heartbeat never above debug.
 */
export function createLog(options: { level: string; part: string }): Logger {
  return pino(
    {
      level: options.level,
      base: { part: options.part },
      redact: ['authorization', 'token', 'headers.authorization'],
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
