/** One line of the doctor's answer. `warn`: it runs, and an operator should know. */
export interface Finding {
  /** What was looked at, in two words or three. */
  name: string;
  status: 'ok' | 'warn' | 'fail';
  /** What is there. */
  found: string;
  /** What to do; null where nothing is to be done. */
  advice: string | null;
}

export function ok(name: string, found: string): Finding {
  return { name, status: 'ok', found, advice: null };
}

export function warn(name: string, found: string, advice: string): Finding {
  return { name, status: 'warn', found, advice };
}

export function fail(name: string, found: string, advice: string): Finding {
  return { name, status: 'fail', found, advice };
}

/** An error and what caused it, in one line: a driver says why only in the innermost. */
export function reasonOf(error: unknown): string {
  const messages: string[] = [];
  for (let each = error; each instanceof Error && messages.length < 5; each = each.cause) {
    if (each.message !== '') messages.push(each.message.replaceAll(/\s+/g, ' ').trim());
  }
  return messages.length === 0 ? String(error) : messages.join(' ');
}
