import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../support/seeds.ts';
import { NewestPlayheads, newestLengthMax } from '../../client/newest-playheads.ts';
import { versionAt } from './fake-server.ts';

const at = (number: number, more: object = {}) => ({
  id: 'ph_1',
  version: versionAt(number),
  positionMs: number,
  ...more,
});

describe('a result on its way to a cache', () => {
  it('passes untouched, the very object, when it is newest', () => {
    const newest = new NewestPlayheads();
    const result = { viewer: { row: [{ playhead: at(1) }, null, 5, 'text'] } };
    expect(newest.admit(result)).toBe(result);
    expect(newest.admit(null)).toBeNull();
  });

  it('is brought up to date wherever an older playhead is in it', () => {
    const newest = new NewestPlayheads();
    newest.admit({ playheadUpdates: { playheads: [at(3, { status: 'FINISHED' })] } });
    const late = { viewer: { row: [{ title: 'Sintel', playhead: at(2, { hidden: false }) }] } };
    expect(newest.admit(late)).toEqual({
      viewer: { row: [{ title: 'Sintel', playhead: at(3, { hidden: false }) }] },
    });
    expect(late.viewer.row[0]?.playhead.positionMs).toBe(2);
  });

  it('takes the newcomer of an equal version, whose session may have moved', () => {
    const newest = new NewestPlayheads();
    newest.admit(at(3, { activeSession: { id: 's' } }));
    expect(newest.admit(at(3, { activeSession: null }))).toEqual(at(3, { activeSession: null }));
    expect(newest.admit(at(2, { activeSession: 5 }))).toEqual(at(3, { activeSession: null }));
  });

  it('leaves alone what is no playhead', () => {
    const newest = new NewestPlayheads();
    newest.admit({ id: 'app', version: '2.0' });
    expect(newest.admit({ id: 'app', version: '1.0' })).toEqual({ id: 'app', version: '1.0' });
  });

  it('ends at the newest whatever the order of arrival', () => {
    const arrivals = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 });
    fc.assert(
      fc.property(arrivals, (numbers) => {
        const newest = new NewestPlayheads();
        const shown = numbers.map((number) => newest.admit(at(number)).positionMs);
        expect(shown).toEqual(numbers.map((_, index) => Math.max(...numbers.slice(0, index + 1))));
      }),
    );
  });

  it('is compared with the last thousand playheads', () => {
    const newest = new NewestPlayheads();
    newest.admit(at(9));
    for (let other = 0; other < newestLengthMax; other += 1)
      newest.admit(at(1, { id: `${other}` }));
    expect(newest.admit(at(1)).positionMs).toBe(1);
  });
});
