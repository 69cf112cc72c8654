import { createHash } from 'node:crypto';

/** Places that may change, from 0: what is seen first stays, what few look at teaches nothing. */
const placesFrom = 1;
const placesTo = 4;

/** An order, and how likely exactly that one was. */
export interface Explored<Card> {
  cards: readonly Card[];
  propensity: number;
}

/**
 * Swaps two neighbours in places 2 to 5 in a small share of visits: only what was shown in another order
 * than the best one tells later how much a place alone is worth.
 *
 * Shape: the same visit gives the same order, in every process and on every page.
 * Cost: pure, O(cards).
 */
export function explored<Card>(
  cards: readonly Card[],
  { share, visit }: { share: number; visit: string },
): Explored<Card> {
  const pairs = Math.max(0, Math.min(placesTo, cards.length - 1) - placesFrom);
  if (share <= 0 || pairs === 0) return { cards, propensity: 1 };
  const [chance, pick] = draws(visit);
  if (chance >= share) return { cards, propensity: 1 - share };
  const at = placesFrom + Math.floor(pick * pairs);
  const swapped = [...cards];
  [swapped[at], swapped[at + 1]] = [swapped[at + 1] as Card, swapped[at] as Card];
  return { cards: swapped, propensity: share / pairs };
}

/** Two numbers from 0 up to 1 that a text decides. */
function draws(text: string): [number, number] {
  const digest = createHash('sha256').update(`explore/${text}`).digest();
  return [digest.readUInt32LE(0) / 2 ** 32, digest.readUInt32LE(4) / 2 ** 32];
}
