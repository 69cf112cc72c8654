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
  let each: unknown = error;
  while (hasMessage(each) && messages.length < messagesMax) {
    if (each.message !== '') messages.push(each.message.replaceAll(/\s+/g, ' ').trim());
    each = each.cause;
  }
  return messages.length === 0 ? String(error) : messages.join(' ');
}

/** A cause's cause of a cause tells nobody more. */
const messagesMax = 5;

/** Node's own errors are of another realm where code runs in a context of its own. */
function hasMessage(error: unknown): error is { message: string; cause?: unknown } {
  return typeof error === 'object' && error !== null && 'message' in error;
}
