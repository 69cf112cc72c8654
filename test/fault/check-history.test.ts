import { describe, expect, it } from '@jest/globals';
import { handVersion, versionZero } from '../../domain/version.ts';
import { checkHistory } from './check-history.ts';
import { beatAt, Forged, film, registersOf, servedAs, unavailable } from './forged-history.ts';
import type { Answer, Finals, Served, Span, SubmittedBeat } from './history.ts';

const start = beatAt(1, 'START');
const second = beatAt(2);
const third = beatAt(3);
const pause = beatAt(4, 'PAUSE');
const neverStarted: Served = {
  ...servedAs(start),
  version: versionZero,
  positionMs: 0,
  durationMs: null,
  status: 'NOT_STARTED',
  deviceId: null,
};

/** An evening on which nothing broke. */
function evening(): Forged {
  return new Forged()
    .ask({ kind: 'begin', title: film }, { outcome: 'BEGUN', playheads: { [film]: neverStarted } })
    .push(neverStarted, 'SNAPSHOT')
    .beat(start)
    .push(servedAs(start))
    .read(servedAs(start))
    .beat(second);
}

function rulesOf(violations: readonly string[]): string[] {
  return [...new Set(violations.map((violation) => violation.split(':')[0]!))].sort();
}

describe('the checker', () => {
  it('finds nothing wrong with an evening on which nothing broke', () => {
    const run = evening().beat(pause).read(servedAs(pause), { process: 'b' });
    expect(run.push(servedAs(pause)).end()).toEqual([]);
  });

  it('finds nothing wrong with flags, refusals and errors while something is broken', () => {
    const run = evening()
      .span('hot', true)
      .read(servedAs(start, { source: 'DURABLE', isDegraded: true }))
      .beat(third, { outcome: 'REFUSED', durability: 'NONE', playheads: {} })
      .span('durable', true)
      .read(null)
      .beat(third, { outcome: null, errors: [unavailable], playheads: {} })
      .span('durable', false)
      .span('hot', false)
      .beat(pause);
    expect(run.push(servedAs(pause)).end()).toEqual([]);
  });

  it('takes what was submitted and not acknowledged as well as what was', () => {
    const run = evening().span('down', true, { process: 'a' });
    run
      .beat(third, { failure: 'ECONNRESET', outcome: null, playheads: {} })
      .span('down', false, { process: 'a' });
    run.final = servedAs(third);
    expect(run.read(servedAs(third)).push(servedAs(third)).end()).toEqual([]);
  });

  it('misses an acknowledged heartbeat that is not there in the end', () => {
    const run = evening().push(servedAs(start));
    run.final = servedAs(start);
    expect(rulesOf(run.end())).toEqual(['lost']);
  });

  it('lets a heartbeat be lost that was acknowledged as HOT within a stated window, no other', () => {
    const lossy = (event: 'HEARTBEAT' | 'PAUSE') => {
      const run = evening()
        .span('loss', true)
        .beat({ ...third, event })
        .span('loss', false);
      run.final = servedAs(second);
      return run.push(servedAs(second)).end();
    };
    expect(lossy('HEARTBEAT')).toEqual([]);
    expect(rulesOf(lossy('PAUSE'))).toEqual(['lost', 'lost-durable']);
  });

  it('misses in each place alone what was acknowledged', () => {
    const older = registersOf(servedAs(second));
    const views = { demo: { [film]: servedAs(second) } };
    const places: Partial<Finals>[] = [
      { hot: { home: { [`demo|${film}`]: older } } },
      { durable: { home: { [`demo|${film}`]: older } } },
      { durable: { home: {} } },
      { resume: { a: { demo: { [film]: servedAs(pause) } }, b: views } },
    ];
    for (const place of places) {
      const run = evening().beat(pause).push(servedAs(pause));
      expect(rulesOf(run.end(place))).toEqual(['lost', 'lost-durable', 'tiers-differ']);
    }
  });

  it('asks only that the newest be there where Redis has forgotten what is clean', () => {
    expect(
      evening()
        .beat(pause)
        .push(servedAs(pause))
        .end({ hot: { home: {} } }),
    ).toEqual([]);
  });

  it('knows a playhead that nobody submitted, by its version or by its value', () => {
    const strangers = [
      servedAs({ ...pause, version: beatAt(5).version }),
      servedAs({ ...start, positionMs: 999 }),
      servedAs(start, { deviceId: null }),
      servedAs(start, { hidden: true }),
      servedAs({ ...start, version: versionZero }),
    ];
    for (const stranger of strangers) {
      const run = evening()
        .span('hot', true)
        .read({ ...stranger, isDegraded: true });
      const violations = run.span('hot', false).push(servedAs(second)).end();
      expect(rulesOf(violations)).toEqual(['invented']);
    }
  });

  it('knows what a change by hand may have made, answered or not, and no other', () => {
    const changed = (made: Partial<Served>, isAnswered: boolean) => {
      const run = evening().span('hot', true);
      const nowMs = run.nowMs + 5_000;
      const version = handVersion({ nowMs, inForce: second.version, nonce: 'hand' });
      const playhead = {
        ...servedAs(second),
        version,
        status: 'FINISHED' as const,
        deviceId: null,
      };
      const served = { ...playhead, ...made };
      const request = { kind: 'change' as const, title: film, change: 'FINISH' as const };
      run.ask(request, isAnswered ? { playheads: { [film]: served } } : { errors: [unavailable] });
      run.final = served;
      return rulesOf(run.span('hot', false).push(served).end());
    };
    expect(changed({}, false)).toEqual([]);
    // Made long after its request was answered.
    expect(changed({}, true)).toEqual(['invented']);
    expect(changed({ status: 'IN_PROGRESS' }, false)).toEqual(['invented']);
  });

  it('knows two playheads of one version, unless one of them has a flag', () => {
    const hide = { kind: 'change' as const, title: film, change: 'HIDE' as const };
    const seen = (isDegraded: boolean) => {
      const run = evening().span('hot', true);
      const inForce = second.version;
      const version = handVersion({ nowMs: run.nowMs, inForce, nonce: 'hand' });
      const hidden = { ...servedAs(second), version, hidden: true };
      const unmoved = { ...servedAs(start), version, hidden: true, isDegraded };
      run.ask(hide, { playheads: { [film]: hidden } }).read(unmoved);
      run.final = hidden;
      return rulesOf(run.span('hot', false).push(hidden).end());
    };
    expect(seen(true)).toEqual([]);
    expect(seen(false)).toEqual(['invented']);
  });

  it('sees a client go back without a flag, and excuses it with one or in a loss window', () => {
    const back = (served: Served, what: Span['what'] = 'hot') => {
      const run = evening().span(what, true).read(servedAs(second)).read(served);
      return rulesOf(run.span(what, false).push(servedAs(second)).end());
    };
    expect(back(servedAs(start))).toEqual(['stale', 'went-back']);
    expect(back(servedAs(start, { isDegraded: true }))).toEqual([]);
    expect(back(servedAs(start), 'loss')).toEqual([]);
  });

  it('sees a client go back between processes, unless they are cut off from each other', () => {
    const back = (process: string, what: Span['what']) => {
      const run = evening().span(what, true).beat(third).read(servedAs(third));
      run.read(servedAs(second), { process });
      return rulesOf(run.span(what, false).push(servedAs(third)).end());
    };
    expect(back('b', 'hot')).toEqual(['stale', 'went-back']);
    expect(back('b', 'apart')).toEqual([]);
    expect(back('a', 'apart')).toEqual(['stale', 'went-back']);
  });

  it('sees an answer that is older than what somebody else was acknowledged', () => {
    const run = evening().read(servedAs(start), { client: 'another' });
    expect(rulesOf(run.push(servedAs(second)).end())).toEqual(['stale']);
  });

  it('wants nothing left over, and all tiers equal', () => {
    const end = (changes: Partial<Finals>) =>
      rulesOf(evening().push(servedAs(second)).end(changes));
    expect(end({ dirty: 1 })).toEqual(['left-over']);
    expect(end({ quarantined: 1 })).toEqual(['left-over']);
    const newer = { home: { [`demo|${film}`]: registersOf(servedAs(third)) } };
    expect(end({ durable: newer })).toEqual(['tiers-differ']);
    expect(end({ hot: newer })).toEqual(['tiers-differ']);
    const degraded = { demo: { [film]: servedAs(second, { isDegraded: true }) } };
    expect(end({ resume: { a: degraded } })).toEqual(['tiers-differ']);
    const hidden = { demo: { [film]: servedAs(second, { hidden: true }) } };
    const shown = { demo: { [film]: servedAs(second) } };
    expect(end({ resume: { a: shown, b: hidden } })).toEqual(['tiers-differ']);
  });

  it('sees a live stream go back, unless it begins anew', () => {
    const push = (kind: 'SNAPSHOT' | 'CHANGED') =>
      evening().push(servedAs(second)).push(servedAs(start), kind).push(servedAs(second));
    expect(rulesOf(push('CHANGED').end())).toEqual(['stream-went-back']);
    expect(push('SNAPSHOT').end()).toEqual([]);
  });

  it('sees a subscriber who is left behind, or was never told anything', () => {
    expect(rulesOf(evening().push(servedAs(start)).end())).toEqual(['subscriber-behind']);
    const run = evening().push(servedAs(second));
    expect(rulesOf(run.end({ followers: ['follower', 'deaf'] }))).toEqual(['subscriber-behind']);
  });

  it('leaves nobody behind by a title that was forgotten before their stream looked at all once more', () => {
    const forgotten = { ...neverStarted, version: pause.version };
    const isBehind = (run: Forged) => {
      const resume = { a: { demo: { [film]: servedAs(second), other: forgotten } } };
      return rulesOf(run.end({ resume })).includes('subscriber-behind');
    };
    const told = () => evening().push(servedAs(second));
    const [gone, away] = [{ ...neverStarted, version: third.version }, ['hot', true] as const];
    const of = { title: 'other' };
    expect(isBehind(told())).toBe(true);
    expect(isBehind(told().span(...away))).toBe(false);
    expect(
      isBehind(
        told()
          .push(servedAs(third), 'CHANGED', of)
          .span(...away),
      ),
    ).toBe(true);
    expect(isBehind(told().push(gone, 'CHANGED', of))).toBe(true);
    expect(isBehind(told().push(gone, 'CHANGED', of).push(servedAs(second), 'SNAPSHOT'))).toBe(
      false,
    );
  });

  it('takes no error, refusal, flag or silence while all is well', () => {
    const answers: [Partial<Answer>, string][] = [
      [{ outcome: null, errors: [unavailable], playheads: {} }, 'an error although a tier answers'],
      [{ outcome: 'REFUSED', durability: 'NONE', playheads: {} }, 'refused although all is well'],
      [
        { playheads: { [film]: servedAs(third, { isDegraded: true }) }, outcome: 'ACCEPTED' },
        'degraded although all is well',
      ],
      [{ outcome: null, failure: 'timeout', playheads: {} }, 'no answer from a process that is up'],
      [{ outcome: 'ACCEPTED', problems: ['OUT_OF_ORDER'] }, 'problems with sound input'],
    ];
    for (const [answer, objection] of answers) {
      const run = evening().beat(third, answer);
      run.final = servedAs(third);
      const violations = run.push(servedAs(third)).end();
      expect(rulesOf(violations)).toEqual(['broken-answer']);
      expect(violations.join('\n')).toContain(objection);
    }
  });

  it('wants faults as they are documented, and acknowledgements that are true', () => {
    const answers: [SubmittedBeat, Partial<Answer>, string][] = [
      [
        third,
        { outcome: null, errors: [{ code: 'STATE_UNAVAILABLE', retryAfterMs: null }] },
        'null',
      ],
      [
        third,
        { outcome: null, errors: [{ code: 'INTERNAL_SERVER_ERROR', retryAfterMs: 1_000 }] },
        'INTERNAL_SERVER_ERROR',
      ],
      [third, { outcome: 'REFUSED', durability: 'HOT' }, 'refused and stored'],
      [third, { outcome: 'ACCEPTED', durability: 'NONE' }, 'acknowledged and not stored'],
      [third, { outcome: 'SUPERSEDED', durability: 'NONE' }, 'acknowledged and not stored'],
    ];
    for (const [beat, answer, objection] of answers) {
      const run = evening().span('hot', true).span('durable', true);
      run
        .beat(beat, { playheads: {}, ...answer })
        .span('hot', false)
        .span('durable', false);
      run.final = servedAs(third);
      const violations = run.push(servedAs(third)).end();
      expect(rulesOf(violations)).toEqual(['broken-answer']);
      expect(violations.join('\n')).toContain(objection);
    }
  });

  it('takes a stream that begins anew for another one, though its snapshot lacks a title', () => {
    const run = evening().push(servedAs(second)).span('hot', true);
    const from = { client: 'follower', process: 'a', region: 'home', profileId: 'demo' };
    run.lines.push({
      ...{ line: 'pushed', atMs: run.nowMs, ...from, kind: 'SNAPSHOT', playheads: {} },
    });
    run.push(servedAs(start, { source: 'DURABLE', isDegraded: true })).span('hot', false);
    expect(run.push(servedAs(second)).end()).toEqual([]);
  });

  it('takes a closing for no acknowledgement that was held back by what another device did', () => {
    const run = evening();
    const made = { nowMs: run.nowMs, inForce: second.version, nonce: 'hand' };
    const finished = servedAs(second, {
      ...{ version: handVersion(made), status: 'FINISHED' as const, deviceId: null },
    });
    run.ask({ kind: 'change', title: film, change: 'FINISH' }, { playheads: { [film]: finished } });
    const held = { outcome: 'SUPERSEDED', durability: 'NONE', playheads: { [film]: finished } };
    run.beat(pause, held).push(finished);
    run.final = finished;
    expect(run.end()).toEqual([]);

    const alone = { ...held, playheads: { [film]: servedAs(second) } };
    const violations = evening().beat(pause, alone).push(servedAs(second)).end();
    expect(violations.join('\n')).toContain('held back by nobody else');
  });

  it('wants intents to be durable while the durable store is well', () => {
    const run = evening().beat(pause, { durability: 'HOT' }).push(servedAs(pause));
    expect(rulesOf(run.end())).toEqual(['broken-answer']);
    const excused = evening().span('durable', true).beat(pause, { durability: 'HOT' });
    expect(excused.span('durable', false).push(servedAs(pause)).end()).toEqual([]);
    const late = evening().beat(pause, { durability: 'HOT' }, { tookMs: 800 });
    expect(late.push(servedAs(pause)).end()).toEqual([]);
  });

  it('sees an acknowledgement with an older playhead in force', () => {
    const answer = { playheads: { [film]: servedAs(second) }, outcome: 'ACCEPTED' };
    const run = evening().beat(third, answer);
    run.final = servedAs(third);
    const violations = run.push(servedAs(third)).end();
    expect(rulesOf(violations)).toEqual(['broken-answer']);
    expect(violations.join('\n')).toContain('an older one in force');
  });

  it('sees a request that nobody ever answered', () => {
    const run = evening();
    run.read(servedAs(second)).lines.pop();
    expect(rulesOf(run.push(servedAs(second)).end())).toEqual(['broken-answer']);
  });

  it('takes no history for sound in which nothing was acknowledged or read', () => {
    expect(rulesOf(new Forged().end())).toEqual(['vacuous']);
    expect(rulesOf(checkHistory(evening().lines))).toEqual(['vacuous']);
  });
});
