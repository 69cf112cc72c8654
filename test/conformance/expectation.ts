import { isDeepStrictEqual } from 'node:util';

/** A rule that was not kept: what was expected, and what came. */
export class Unmet extends Error {
  constructor(expected: string, received: unknown) {
    super(`expected ${expected}; came ${JSON.stringify(received) ?? String(received)}`);
    this.name = 'Unmet';
  }
}

/** Errors: Unmet unless these fields of `received` are what is expected. */
export function expectFields(received: unknown, expected: Record<string, unknown>): void {
  const came = (received ?? {}) as Record<string, unknown>;
  const seen = Object.fromEntries(Object.keys(expected).map((field) => [field, came[field]]));
  if (!isDeepStrictEqual(seen, expected)) {
    throw new Unmet(JSON.stringify(expected), received === null ? null : seen);
  }
}

/** Errors: Unmet unless it is so. */
export function expectThat(isMet: boolean, expected: string, received: unknown): void {
  if (!isMet) throw new Unmet(expected, received);
}

/** Errors: Unmet unless everything was refused, with this code and nothing else. */
export function expectRefused(received: Refusable, code: string): void {
  expectFields(
    { outcome: received.outcome, codes: received.problems.map((problem) => problem.code) },
    { outcome: 'REFUSED', codes: [code] },
  );
}

interface Refusable {
  outcome: string;
  problems: readonly { code: string }[];
}
