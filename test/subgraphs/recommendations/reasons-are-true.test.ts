import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../../support/seeds.ts';
import type { Transition } from '../../../domain/transition.ts';
import { featureNames } from '../../../subgraphs/recommendations/features.ts';
import { reasonsOf } from '../../../subgraphs/recommendations/reasons.ts';
import { defaultRowPolicy } from '../../../subgraphs/recommendations/row-policy.ts';
import type { DeviceKind } from '../../../subgraphs/recommendations/schema.generated.ts';
import { noonMs } from '../../support/manual-clock.ts';
import { transition } from '../../support/transitions.ts';
import { dayMs, film, hourMs, minuteMs, rowOf, type Scene, series } from './shows.ts';

/** `CODE text` of the only card's reasons. */
function reasons(scene: Scene, deviceKind: DeviceKind | null = null): string[] {
  const [card] = rowOf(scene).cards;
  if (card === undefined) throw new Error('No card.');
  const question = { nowMs: noonMs, deviceKind, policy: defaultRowPolicy };
  return reasonsOf(card, question).map(({ code, text }) => `${code} ${text}`);
}

const longAgoMs = 10 * dayMs;
function paused(given: Partial<Transition> & { deviceKind?: string } = {}): Scene {
  const durationMs = 100 * minuteMs;
  const at = { title: 'mov', occurredAtMs: noonMs - longAgoMs, durationMs, ...given };
  return { transitions: [transition({ kind: 'PAUSE', ...at })], facts: [['mov', film(null)]] };
}

describe('reasons', () => {
  it('are none when nothing is known', () => {
    expect(reasons(paused())).toEqual([]);
  });

  it.each([
    { left: 20 * minuteMs + 1, expected: [] },
    { left: 20 * minuteMs, expected: ['ALMOST_FINISHED 20 min left'] },
    { left: 11 * minuteMs + 1, expected: ['ALMOST_FINISHED 12 min left'] },
    { left: 1, expected: ['ALMOST_FINISHED 1 min left'] },
    { left: 0, expected: ['ALMOST_FINISHED 1 min left'] },
  ])('tell how little is left, rounded up: $left ms', ({ left, expected }) => {
    expect(reasons(paused({ positionMs: 100 * minuteMs - left }))).toEqual(expected);
  });

  it('do not call a short film almost finished that has just begun', () => {
    const short = { durationMs: 8 * minuteMs, positionMs: 3 * minuteMs };
    expect(reasons(paused(short))).toEqual([]);
  });

  it('tell of yesterday, not of last week, and not of what was only marked by hand', () => {
    const recent = { occurredAtMs: noonMs - 2 * dayMs };
    expect(reasons(paused(recent))).toEqual(['RECENTLY_WATCHED You watched this recently']);
    expect(reasons(paused({ occurredAtMs: noonMs - 2 * dayMs - 1 }))).toEqual([]);
    expect(reasons(paused({ ...recent, device: null }))).toEqual([]);
  });

  it('name the device only to the same kind of device, and only if it has a name', () => {
    expect(reasons(paused(), 'TV')).toEqual(['SAME_DEVICE You watched this on your TV']);
    expect(reasons(paused({ deviceKind: 'WEB' } as Partial<Transition>), 'WEB')).toEqual([
      'SAME_DEVICE You watched this in your browser',
    ]);
    expect(reasons(paused(), 'PHONE')).toEqual([]);
    expect(reasons(paused({ deviceKind: 'OTHER' } as Partial<Transition>), 'OTHER')).toEqual([]);
  });

  it('say what comes next, and that it is new', () => {
    const finished = transition({
      kind: 'FINISH',
      title: 'ser_1',
      occurredAtMs: noonMs - longAgoMs,
    });
    const scene = (lastReleasedMs: number) => ({
      transitions: [finished],
      facts: series('ser', { episodes: 2, lastReleasedMs }),
    });
    expect(reasons(scene(0))).toEqual(['NEXT_UP Next up: season 1, episode 2']);
    expect(reasons(scene(noonMs))).toEqual(['NEW_RELEASE New: season 1, episode 2']);
  });

  describe('of a binge', () => {
    const finish = (title: string, agoMs: number, by: Partial<Transition> = {}) =>
      transition({ kind: 'FINISH', title, occurredAtMs: noonMs - agoMs, ...by });
    const scene = (...agesMs: number[]): Scene => ({
      transitions: agesMs.map((agoMs, index) => finish(`ser_${index + 1}`, agoMs)),
      facts: series('ser', { episodes: 9 }),
    });
    const next = 'NEXT_UP Next up: season 1, episode 4';
    const ago = 3 * dayMs;

    it('take three episodes within a day', () => {
      const binge = [next, 'BINGE You finished 3 episodes in a day'];
      expect(reasons(scene(ago + dayMs - 1, ago + hourMs, ago))).toEqual(binge);
      expect(reasons(scene(ago + dayMs, ago + hourMs, ago))).toEqual([next]);
    });

    it('are forgotten after a week', () => {
      const week = 7 * dayMs;
      expect(reasons(scene(week + 2, week + 1, week))).toHaveLength(2);
      expect(reasons(scene(week + 3, week + 2, week + 1))).toEqual([next]);
    });

    it('do not count what was marked by hand', () => {
      const transitions = [ago + 2, ago + 1, ago].map((agoMs, index) =>
        finish(`ser_${index + 1}`, agoMs, { device: null }),
      );
      expect(reasons({ ...scene(), transitions })).toEqual([next]);
    });
  });

  it('are two at most, the strongest first', () => {
    const all = paused({ occurredAtMs: noonMs - hourMs, positionMs: 95 * minuteMs });
    expect(reasons(all, 'TV')).toEqual([
      'ALMOST_FINISHED 5 min left',
      'SAME_DEVICE You watched this on your TV',
    ]);
  });

  describe('of a card that a model scored', () => {
    const all = paused({ occurredAtMs: noonMs - hourMs, positionMs: 95 * minuteMs });
    const contributions = (given: Readonly<Record<string, number>>) =>
      Float64Array.from(featureNames, (name) => given[name] ?? 0);
    const codes = (given: Readonly<Record<string, number>>, scene: Scene = all) => {
      const [card] = rowOf(scene).cards;
      if (card === undefined) throw new Error('No card.');
      const question = { nowMs: noonMs, deviceKind: 'TV' as const, policy: defaultRowPolicy };
      return reasonsOf(card, question, contributions(given)).map(({ code }) => code);
    };

    /** By the sentences of the rules, worked out once more. */
    function trueOf({ transitions: [pause] }: Scene): string[] {
      const { positionMs = 0, occurredAtMs = 0 } = pause ?? {};
      const leftMs = 100 * minuteMs - positionMs;
      return [
        ...(leftMs <= 20 * minuteMs ? ['ALMOST_FINISHED'] : []),
        'SAME_DEVICE',
        ...(noonMs - occurredAtMs <= 2 * dayMs ? ['RECENTLY_WATCHED'] : []),
      ];
    }

    it('are those that moved it up, the strongest first', () => {
      const given = { dev_same: 0.5, dev_share: 0.6, is_newest: 1, remaining_min: 0.2 };
      expect(codes(given)).toEqual(['SAME_DEVICE', 'RECENTLY_WATCHED']);
      expect(codes({ ...given, dev_share: -0.4 })).toEqual(['RECENTLY_WATCHED', 'ALMOST_FINISHED']);
    });

    it('are none that moved it down', () => {
      expect(codes({ dev_same: -1, ep_frac: -0.1, log_h_since: 1 })).toEqual(['RECENTLY_WATCHED']);
      expect(codes({ dev_same: -1, ep_frac: -0.1, log_h_since: -1 })).toEqual([]);
    });

    it('are true whatever the model says: none but those that are known without it', () => {
      const given = fc.dictionary(fc.constantFrom(...featureNames), fc.double({ noNaN: true }));
      const scenes = fc
        .record({ agoMs: fc.nat({ max: 90 * dayMs }), positionMs: fc.nat({ max: 100 * minuteMs }) })
        .map(({ agoMs, positionMs }) => paused({ occurredAtMs: noonMs - agoMs, positionMs }));
      fc.assert(
        fc.property(given, scenes, (moved, scene) => {
          if (rowOf(scene).cards.length === 0) return;
          const said = codes(moved, scene);
          expect(said.length).toBeLessThanOrEqual(2);
          // Each is what the rules say by themselves, of this card at this time.
          for (const code of said) expect(trueOf(scene)).toContain(code);
        }),
      );
    });
  });
});
