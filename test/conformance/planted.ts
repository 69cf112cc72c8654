import type { Breakage } from './breaking-proxy.ts';

/** A server with one fault, and the rules that it breaks by that: those, and no other. */
export interface Planted {
  /** What it does wrong. */
  what: string;
  rules: readonly string[];
  /** `token` is of the profile that it is checked with. */
  open(token: string): Breakage;
}
