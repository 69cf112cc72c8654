import { describe, expect, it } from '@jest/globals';
import type { TransitionKind } from '../../../domain/transition.ts';
import { noonMs } from '../../support/manual-clock.ts';
import { transition } from '../../support/transitions.ts';
import { cardsOf, dayMs, hourMs, series } from './shows.ts';

const facts = series('ser', { episodes: 4 });
const agesMs = 400 * dayMs;

function did(kind: TransitionKind, title: string, options: { agoMs: number; positionMs?: number }) {
  const { agoMs, ...position } = options;
  return transition({ kind, title, occurredAtMs: noonMs - agoMs, ...position });
}

describe('a series', () => {
  it('shows next-up and in-progress as one card, not two', () => {
    const transitions = [
      did('FINISH', 'ser_1', { agoMs: 3 * hourMs }),
      did('PAUSE', 'ser_2', { agoMs: 2 * hourMs }),
      did('PAUSE', 'ser_4', { agoMs: 5 * hourMs }),
    ];
    expect(cardsOf({ transitions, facts })).toEqual(['RESUME ser_2']);
  });

  it('moves on to the next episode the moment one is finished', () => {
    const transitions = [
      did('PAUSE', 'ser_2', { agoMs: 2 * hourMs }),
      did('FINISH', 'ser_2', { agoMs: hourMs }),
    ];
    expect(cardsOf({ transitions, facts })).toEqual(['NEXT_EPISODE ser_3']);
  });

  it('moves on when an episode is marked as watched that was never started', () => {
    const marked = { ...did('FINISH', 'ser_1', { agoMs: hourMs }), device: null, sessionId: null };
    expect(cardsOf({ transitions: [marked], facts })).toEqual(['NEXT_EPISODE ser_2']);
  });

  it('keeps its card when the next episode was opened by mistake', () => {
    const transitions = [
      did('FINISH', 'ser_1', { agoMs: 3 * hourMs }),
      did('STOP', 'ser_2', { agoMs: hourMs, positionMs: 20_000 }),
    ];
    expect(cardsOf({ transitions, facts })).toEqual(['NEXT_EPISODE ser_2']);
  });

  it('goes back to the episode that the viewer went back to', () => {
    const transitions = [
      did('PAUSE', 'ser_3', { agoMs: 3 * hourMs }),
      did('PAUSE', 'ser_1', { agoMs: hourMs }),
    ];
    expect(cardsOf({ transitions, facts })).toEqual(['RESUME ser_1']);
  });

  it('leaves when its last episode is finished', () => {
    const transitions = [did('FINISH', 'ser_4', { agoMs: hourMs })];
    expect(cardsOf({ transitions, facts })).toEqual([]);
  });

  it('goes back one episode when the newest is forgotten', () => {
    const transitions = [
      did('FINISH', 'ser_1', { agoMs: 3 * hourMs }),
      did('PAUSE', 'ser_2', { agoMs: 2 * hourMs }),
      did('FORGET', 'ser_2', { agoMs: hourMs }),
    ];
    expect(cardsOf({ transitions, facts })).toEqual(['NEXT_EPISODE ser_2']);
  });
});

describe('a series the viewer was up to date with comes back with its new episode', () => {
  const finished = did('FINISH', 'ser_3', { agoMs: agesMs });
  const releasedMs = (agoMs: number) =>
    series('ser', { episodes: 4, lastReleasedMs: noonMs - agoMs });

  it('whatever its age', () => {
    const scene = { transitions: [finished], facts: releasedMs(dayMs) };
    expect(cardsOf(scene)).toEqual(['NEW_EPISODE ser_4']);
  });

  it('as news of the day it came out, before what was watched earlier', () => {
    const film = did('PAUSE', 'mov', { agoMs: 2 * dayMs });
    const scene = {
      transitions: [finished, film],
      facts: [...releasedMs(dayMs), ['mov', { kind: 'film', durationMs: null }] as const],
    };
    expect(cardsOf(scene)).toEqual(['NEW_EPISODE ser_4', 'RESUME mov']);
  });

  it('but not for one that was there all along', () => {
    expect(cardsOf({ transitions: [finished], facts })).toEqual([]);
    const scene = { transitions: [finished], facts: releasedMs(agesMs + 1) };
    expect(cardsOf(scene)).toEqual([]);
  });

  it('and as a next episode, when it was there before the last one was finished', () => {
    const transitions = [did('FINISH', 'ser_3', { agoMs: hourMs })];
    expect(cardsOf({ transitions, facts: releasedMs(hourMs) })).toEqual(['NEXT_EPISODE ser_4']);
    expect(cardsOf({ transitions, facts: releasedMs(hourMs - 1) })).toEqual(['NEW_EPISODE ser_4']);
  });
});

describe('a hidden card', () => {
  const seen = [
    did('FINISH', 'ser_1', { agoMs: 10 * hourMs }),
    did('PAUSE', 'ser_2', { agoMs: 9 * hourMs }),
  ];

  it.each(['ser_1', 'ser_2', 'ser_3'])('is the whole series, by whichever episode: %s', (title) => {
    const transitions = [...seen, did('HIDE', title, { agoMs: 8 * hourMs })];
    expect(cardsOf({ transitions, facts })).toEqual([]);
  });

  it('comes back when it is unhidden, at the place it had', () => {
    const transitions = [
      ...seen,
      did('HIDE', 'ser_3', { agoMs: 8 * hourMs }),
      did('UNHIDE', 'ser_3', { agoMs: 7 * hourMs }),
    ];
    expect(cardsOf({ transitions, facts })).toEqual(['RESUME ser_2']);
  });

  it.each<TransitionKind>(['START', 'PLAY'])(
    'comes back by a deliberate play of any episode: %s',
    (kind) => {
      const transitions = [
        ...seen,
        did('HIDE', 'ser_2', { agoMs: 8 * hourMs }),
        did(kind, 'ser_4', { agoMs: 7 * hourMs, positionMs: 0 }),
        did('PAUSE', 'ser_4', { agoMs: 6 * hourMs }),
      ];
      expect(cardsOf({ transitions, facts })).toEqual(['RESUME ser_4']);
    },
  );

  it('does not come back by a player that was running when it was hidden', () => {
    const transitions = [
      did('START', 'ser_2', { agoMs: 9 * hourMs }),
      did('HIDE', 'ser_2', { agoMs: 8 * hourMs }),
      did('PROGRESS', 'ser_2', { agoMs: 7 * hourMs }),
      did('PAUSE', 'ser_2', { agoMs: 6 * hourMs }),
    ];
    expect(cardsOf({ transitions, facts })).toEqual([]);
  });

  it('does not come back because the hidden title is forgotten, too', () => {
    const transitions = [
      ...seen,
      did('HIDE', 'ser_2', { agoMs: 8 * hourMs }),
      did('FORGET', 'ser_2', { agoMs: 7 * hourMs }),
    ];
    expect(cardsOf({ transitions, facts })).toEqual([]);
  });
});
