import type { ServerUnderTest } from './server-under-test.ts';

/** One rule of PROTOCOL.md that a server can be seen to keep. */
export interface RuleCase {
  /** What the server does, and the id of the rule in parentheses at the end. */
  title: string;
  /** It cannot be seen with one profile alone. */
  needsOtherProfile?: true;
  /** Errors: Unmet when the rule is not kept. */
  run(server: ServerUnderTest): Promise<void>;
}

/** `keeps the version of a retry (CLK-3)` → `CLK-3`. */
export function ruleOf({ title }: RuleCase): string {
  const [, id] = /\(([A-Z]+-\d+)\)$/.exec(title) ?? [];
  if (id === undefined) throw new Error(`No rule in the title: ${title}`);
  return id;
}
