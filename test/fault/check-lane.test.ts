import { describe, expect, it } from '@jest/globals';
import { askedTwice } from './check-lane.ts';
import { beatAt, Forged, servedAs } from './forged-history.ts';
import type { Answer, Span } from './history.ts';

const start = beatAt(1, 'START');
const second = beatAt(2);
const pause = beatAt(3, 'PAUSE');

/** As a gateway answers for a subgraph that it does not reach: it cannot tell when that will be back. */
const away = { code: 'STATE_UNAVAILABLE', retryAfterMs: null };
const late = { code: 'TIMEOUT', retryAfterMs: null };
const unanswered = (error: Answer['errors'][number]) => ({
  outcome: null,
  durability: null,
  errors: [error],
  playheads: {},
});

function rulesOf(violations: readonly string[]): string[] {
  return [...new Set(violations.map((violation) => violation.split(':')[0]!))].sort();
}

describe('the judge of a lane', () => {
  describe.each([
    ['does not reach its subgraph', away],
    ['waits for it in vain', late],
  ])('while a gateway %s', (_what, error) => {
    const evening = (what: Span['what'] | null) => {
      const run = new Forged().beat(start).push(servedAs(start), 'SNAPSHOT');
      if (what !== null) run.span(what, true);
      run.beat(second, unanswered(error));
      if (what !== null) run.span(what, false);
      return run.beat(second).beat(pause).push(servedAs(pause));
    };

    it('takes its error for what is broken', () => {
      expect(evening('unreached').end()).toEqual([]);
    });

    it('takes it for nothing else', () => {
      for (const what of [null, 'hot', 'durable', 'apart', 'restoring'] as const) {
        expect(rulesOf(evening(what).end())).toEqual(['broken-answer']);
      }
    });
  });

  it('takes an error of another kind, or none at all, for a fault of the gateway itself', () => {
    const masked = { code: 'INTERNAL_SERVER_ERROR', retryAfterMs: null };
    for (const answer of [unanswered(masked), { ...unanswered(late), failure: 'ECONNRESET' }]) {
      const run = new Forged().beat(start).push(servedAs(start), 'SNAPSHOT');
      run.span('unreached', true).beat(second, answer).span('unreached', false);
      const violations = run.beat(pause).push(servedAs(pause)).end();
      expect(rulesOf(violations)).toEqual(['broken-answer']);
    }
  });

  it('takes nothing that was acknowledged for lost because a subgraph is out of reach', () => {
    const run = new Forged().beat(start).push(servedAs(start), 'SNAPSHOT');
    run.span('unreached', true).beat(second).span('unreached', false);
    run.final = servedAs(start);
    expect(rulesOf(run.end())).toEqual(['lost']);
  });
});

describe('what is asked twice', () => {
  const duplicate = { outcome: 'DUPLICATE' };

  it('is what was answered as a duplicate, and sent once', () => {
    const { lines } = new Forged().beat(start).beat(second, duplicate).beat(pause);
    expect(rulesOf(askedTwice(lines))).toEqual(['asked-twice']);
  });

  it('is nothing that the client sent again itself', () => {
    const { lines } = new Forged().beat(second, unanswered(late)).beat(second, duplicate);
    expect(askedTwice(lines)).toEqual([]);
  });

  it('is told apart by who has sent it', () => {
    const run = new Forged().beat(second, {}, { client: 'tv' });
    const { lines } = run.beat(second, duplicate, { client: 'phone' });
    expect(rulesOf(askedTwice(lines))).toEqual(['asked-twice']);
  });
});
