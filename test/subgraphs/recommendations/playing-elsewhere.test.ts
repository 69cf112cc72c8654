import { describe, expect, it } from '@jest/globals';
import type { TransitionKind } from '../../../domain/transition.ts';
import { defaultRowPolicy } from '../../../subgraphs/recommendations/row-policy.ts';
import { noonMs } from '../../support/manual-clock.ts';
import { transition } from '../../support/transitions.ts';
import { cardsOf, hourMs, minuteMs, rowOf, series } from './shows.ts';

const facts = series('ser', { episodes: 3 });
const { playingForMs } = defaultRowPolicy;

function did(kind: TransitionKind, title: string, agoMs: number) {
  return transition({ kind, title, occurredAtMs: noonMs - agoMs });
}

describe('a title that another device plays now', () => {
  it('has one card that says so, not two', () => {
    const transitions = [did('PAUSE', 'ser_1', hourMs), did('PROGRESS', 'ser_2', 1_000)];
    expect(cardsOf({ transitions, facts })).toEqual(['PLAYING_ELSEWHERE ser_2']);
  });

  it.each<[TransitionKind, string]>([
    ['START', 'PLAYING_ELSEWHERE'],
    ['PLAY', 'PLAYING_ELSEWHERE'],
    ['PROGRESS', 'PLAYING_ELSEWHERE'],
    ['SEEK', 'PLAYING_ELSEWHERE'],
    ['PAUSE', 'RESUME'],
    ['STOP', 'RESUME'],
  ])('is told by its last transition: %s', (kind, card) => {
    expect(cardsOf({ transitions: [did(kind, 'ser_2', 1_000)], facts })).toEqual([`${card} ser_2`]);
  });

  it.each([
    ['1 ms before the window ends', playingForMs - 1, 'PLAYING_ELSEWHERE'],
    ['when it ends', playingForMs, 'RESUME'],
    ['behind it', playingForMs + 1, 'RESUME'],
  ])('counts as playing for as long as two heartbeats may be lost: %s', (_case, agoMs, card) => {
    const scene = { transitions: [did('PROGRESS', 'ser_2', agoMs)], facts };
    expect(cardsOf(scene)).toEqual([`${card} ser_2`]);
  });

  it('says until when that holds without another word', () => {
    const [card] = rowOf({ transitions: [did('PROGRESS', 'ser_2', 1_000)], facts }).cards;
    expect(card?.playingUntilMs).toBe(noonMs - 1_000 + playingForMs);
  });

  it('is not elsewhere for a device of the kind that plays it', () => {
    const transitions = [did('PROGRESS', 'ser_2', 1_000)];
    expect(cardsOf({ transitions, facts, deviceKind: 'TV' })).toEqual(['RESUME ser_2']);
    expect(cardsOf({ transitions, facts, deviceKind: 'PHONE' })).toEqual([
      'PLAYING_ELSEWHERE ser_2',
    ]);
  });

  it('is what the card plays, also while it is too young for a card of its own', () => {
    const young = { ...did('START', 'ser_3', 1_000), positionMs: 0 };
    const transitions = [did('FINISH', 'ser_2', minuteMs), young];
    expect(cardsOf({ transitions, facts })).toEqual(['PLAYING_ELSEWHERE ser_3']);
  });

  it('is the next episode once the credits run', () => {
    const inCredits = { ...did('PROGRESS', 'ser_2', 1_000), status: 'FINISHED' as const };
    expect(cardsOf({ transitions: [inCredits], facts })).toEqual(['NEXT_EPISODE ser_3']);
  });

  it('is nobody’s when it was put back to the beginning by hand', () => {
    const transitions = [did('PAUSE', 'ser_1', hourMs), did('RESTART', 'ser_2', 1_000)];
    expect(cardsOf({ transitions, facts })).toEqual(['RESUME ser_2']);
  });
});
