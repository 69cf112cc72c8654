import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { featureNames } from '../../../subgraphs/recommendations/features.ts';
import { UnscorableError } from '../../../subgraphs/recommendations/linear.ts';
import { createOnlineCorrection } from '../../../subgraphs/recommendations/online.ts';
import { probabilities } from '../../../subgraphs/recommendations/score.ts';
import '../../support/seeds.ts';

const names = ['recency', 'device'];
const scale = { mean: Float64Array.of(10, 0.5), sd: Float64Array.of(4, 0.5) };
const model = { scale, temperature: 2 };
const online = createOnlineCorrection(model, names);
const row = {
  features: Float64Array.of(6, 0, 14, 1),
  count: 2,
  utilities: Float64Array.of(1, 0),
};

describe('the online correction', () => {
  it('corrects nothing before anything was learned', () => {
    expect(online.correct(row, online.empty())).toEqual(row.utilities);
  });

  it('learns to expect what was chosen', () => {
    const state = online.empty();
    const shareOf = () => probabilities(online.correct(row, state), model.temperature)[1]!;
    let last = shareOf();
    for (let time = 0; time < 50; time += 1) {
      online.learn(state, { ...row, chosen: 1 });
      expect(shareOf()).toBeGreaterThan(last);
      last = shareOf();
    }
    expect(last).toBeGreaterThan(0.65);
  });

  it('takes a first step of the learning rate in every direction', () => {
    const state = online.empty();
    online.learn(state, { ...row, chosen: 1 });
    expect(state.weights[0]).toBeCloseTo(0.03, 6);
    expect(state.weights[1]).toBeCloseTo(0.03, 6);
  });

  it('steps by the gradient over the root of all squares so far', () => {
    const state = online.empty();
    const share = probabilities(row.utilities, model.temperature)[0]!;
    online.learn(state, { ...row, chosen: 1 });
    // Both candidates lie one deviation from the mean, on either side.
    expect(state.squaredSums[0]).toBeCloseTo((2 * share) ** 2, 5);
    const next = probabilities(online.correct(row, state), model.temperature)[0]!;
    const slope = -2 * next + 0.01 * 0.03;
    online.learn(state, { ...row, chosen: 1 });
    const step = (0.03 * -slope) / Math.hypot(2 * share, slope);
    expect(state.weights[0]).toBeCloseTo(0.03 + step, 6);
  });

  it('learns nothing of what is unknown', () => {
    const state = online.empty();
    const features = Float64Array.of(Number.NaN, 0, Number.NaN, 1);
    online.learn(state, { ...row, features, chosen: 1 });
    expect(state.weights[0]).toBe(0);
    expect(state.weights[1]).toBeGreaterThan(0);
    expect(online.correct({ ...row, features }, state)[0]).not.toBeNaN();
  });

  it('learns no more from a feature than at four deviations', () => {
    const [far, further] = [10 + 4 * 4, 1e9].map((value) => {
      const state = online.empty();
      online.learn(state, { ...row, features: Float64Array.of(10, 0, value, 1), chosen: 1 });
      return state;
    });
    expect(far).toEqual(further);
  });

  it('stays a number whatever happens to a profile', () => {
    const value = fc.oneof(
      fc.double({ noNaN: false, noDefaultInfinity: true }),
      fc.constant(Number.NaN),
    );
    const event = fc.record({
      features: fc.array(value, { minLength: 4, maxLength: 4 }),
      utilities: fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), {
        ...{ minLength: 2, maxLength: 2 },
      }),
      chosen: fc.integer({ min: 0, max: 1 }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const state = online.empty();
        for (const { features, utilities, chosen } of events) {
          const scored = {
            ...{ count: 2, features: Float64Array.from(features) },
            utilities: Float64Array.from(utilities),
          };
          online.learn(state, { ...scored, chosen });
          expect([...online.correct(scored, state)].every(Number.isFinite)).toBe(true);
        }
        expect([...state.weights, ...state.squaredSums].every(Number.isFinite)).toBe(true);
        expect(online.unpack(online.pack(state))).toEqual(state);
      }),
    );
  });

  it('leaves a profile as it is when a row cannot be scored', () => {
    const state = online.empty();
    online.learn(state, { ...row, chosen: 1 });
    const before = online.pack(state);
    const broken = [
      { ...row, features: Float64Array.of(1, Number.POSITIVE_INFINITY, 1, 1) },
      { ...row, features: new Float64Array(3) },
      { ...row, utilities: Float64Array.of(Number.NaN, 1) },
      { ...row, utilities: new Float64Array(1) },
    ];
    for (const each of broken) {
      expect(() => online.learn(state, { ...each, chosen: 0 })).toThrow(UnscorableError);
      expect(() => online.correct(each, state)).toThrow(UnscorableError);
    }
    for (const chosen of [2, -1, 0.5])
      expect(() => online.learn(state, { ...row, chosen })).toThrow(RangeError);
    expect(online.pack(state)).toEqual(before);
  });
});

describe('what the online correction keeps', () => {
  const learned = online.empty();
  online.learn(learned, { ...row, chosen: 1 });
  const packed = online.pack(learned);

  it('fits into 640 bytes, and into no more than that', () => {
    const wide = { mean: new Float64Array(200), sd: new Float64Array(200).fill(1) };
    const served = createOnlineCorrection({ scale: wide, temperature: 1 });
    expect(served.pack(served.empty()).length).toBe(8 + 2 * 4 * featureNames.length);
    expect(served.pack(served.empty()).length).toBeLessThanOrEqual(640);
    const tooMany = Array.from({ length: 80 }, (_, index) => `f${index}`);
    expect(() => createOnlineCorrection({ scale: wide, temperature: 1 }, tooMany)).toThrow(
      'does not fit into 640 bytes',
    );
  });

  it('is little-endian, and the same after packing', () => {
    expect(new DataView(packed.buffer).getFloat32(8, true)).toBe(learned.weights[0]);
    expect(online.unpack(packed)).toEqual(learned);
    const inside = new Uint8Array(packed.length + 3);
    inside.set(packed, 3);
    expect(online.unpack(inside.subarray(3))).toEqual(learned);
  });

  it('starts anew with other features, in another order too', () => {
    for (const others of [
      ['recency', 'moon'],
      ['device', 'recency'],
      ['recency', 'device', 'x'],
    ]) {
      const other = createOnlineCorrection(model, others);
      expect(other.unpack(packed)).toEqual(other.empty());
    }
  });

  it('starts anew from nothing and from what is damaged', () => {
    const spoilt = (at: number, value: number) => {
      const bytes = packed.slice();
      new DataView(bytes.buffer).setFloat32(8 + at * 4, value, true);
      return bytes;
    };
    for (const bytes of [
      null,
      new Uint8Array(0),
      packed.subarray(1),
      spoilt(0, Number.NaN),
      spoilt(1, Number.POSITIVE_INFINITY),
      spoilt(2, -1),
    ])
      expect(online.unpack(bytes)).toEqual(online.empty());
    expect(online.unpack(spoilt(0, 0.5))).not.toEqual(online.empty());
  });
});
