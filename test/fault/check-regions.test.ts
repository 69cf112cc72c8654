import { describe, expect, it } from '@jest/globals';
import { handVersion } from '../../domain/version.ts';
import { lossesOf } from './check-finals.ts';
import { beatAt, Forged, film, inEach, registersOf, servedAs } from './forged-history.ts';
import type { Finals, Registers, Served } from './history.ts';
import { indexOf } from './history-index.ts';

const start = beatAt(1, 'START');
const second = beatAt(2);
const third = beatAt(3, 'HEARTBEAT', 'phone');
const fourth = beatAt(4);
const pause = beatAt(5, 'PAUSE', 'phone');
const inEu = { process: 'eu-a', client: 'tv' };
const inUs = { process: 'us-a', client: 'phone' };
const key = `demo|${film}`;

/** An evening in two regions; what was played in one was seen in the other. */
function evening(): Forged {
  return new Forged({ eu: ['eu-a'], us: ['us-a'] })
    .beat(start, {}, inEu)
    .push(servedAs(start), 'SNAPSHOT')
    .read(servedAs(start), { process: 'us-a' })
    .beat(second, {}, inEu);
}

function rulesOf(violations: readonly string[]): string[] {
  return [...new Set(violations.map((violation) => violation.split(':')[0]!))].sort();
}

/** Ends with this everywhere, the live stream too. */
function endAs(run: Forged, served: Served, changes: Partial<Finals> = {}): string[] {
  run.final = served;
  return run.push(served).end(changes);
}

function titles(registers: Registers): Record<string, Registers> {
  return { [key]: registers };
}

describe('the checker, of two regions', () => {
  it('finds nothing wrong with an evening on which nothing broke', () => {
    const run = evening().beat(third, {}, inUs).read(servedAs(third), { process: 'eu-a' });
    expect(endAs(run.beat(pause, {}, inUs), servedAs(pause))).toEqual([]);
  });

  it('finds nothing wrong with writes on both sides of a partition that converge in the end', () => {
    const run = evening()
      .beat(fourth, {}, inEu)
      .beat(third, {}, inUs)
      .read(servedAs(fourth), { process: 'eu-a', client: 'eu/reader' })
      .read(servedAs(third), { process: 'us-a', client: 'us/reader' })
      .read(servedAs(fourth), { process: 'us-a', client: 'us/reader' });
    expect(endAs(run, servedAs(fourth))).toEqual([]);
  });

  it('lets one who moves to the other region find an older state there, and no older one in it', () => {
    const moved = (...seen: [Served, 'eu-a' | 'us-a'][]) => {
      const run = evening().beat(third, {}, inEu);
      for (const [served, process] of seen) run.read(served, { process, client: 'mover' });
      return rulesOf(endAs(run, servedAs(third)));
    };
    expect(moved([servedAs(third), 'eu-a'], [servedAs(second), 'us-a'])).toEqual([]);
    expect(moved([servedAs(second), 'us-a'], [servedAs(start), 'us-a'])).toEqual(['went-back']);
  });

  it('excuses one who sees a region go back only by what that region lost', () => {
    const back = (what: 'loss' | 'restoring', region: string) => {
      const run = evening().read(servedAs(second), { process: 'us-a' });
      run.span(what, true, { region }).read(servedAs(start), { process: 'us-a' });
      return rulesOf(endAs(run.span(what, false, { region }), servedAs(second)));
    };
    expect(back('loss', 'us')).toEqual([]);
    expect(back('restoring', 'us')).toEqual([]);
    expect(back('loss', 'eu')).toEqual(['went-back']);
    expect(back('restoring', 'eu')).toEqual(['went-back']);
  });

  it('wants a region to know at once what it acknowledged itself, and no other', () => {
    const behind = (process: string) =>
      rulesOf(endAs(evening().read(servedAs(start), { process }), servedAs(second)));
    expect(behind('us-a')).toEqual([]);
    expect(behind('eu-a')).toEqual(['stale']);
  });

  it('misses in every Redis, data centre and process alone what any region acknowledged', () => {
    const older = titles(registersOf(servedAs(second)));
    const newer = titles(registersOf(servedAs(pause)));
    const views = { demo: { [film]: servedAs(second) } };
    const views2 = { demo: { [film]: servedAs(pause) } };
    const places: Partial<Finals>[] = ['eu', 'us'].flatMap((region) => [
      { hot: { ...inEach(['eu', 'us'], newer), [region]: older } },
      { durable: { ...inEach(['eu', 'us'], newer), [region]: older } },
      { durable: { ...inEach(['eu', 'us'], newer), [region]: {} } },
      { hot: { ...inEach(['eu', 'us'], newer), [region]: {} } },
      { resume: { ...inEach(['eu-a', 'us-a'], views2), [`${region}-a`]: views } },
    ]);
    for (const place of places) {
      const run = evening().beat(pause, {}, inUs);
      const violations = endAs(run, servedAs(pause), place);
      expect(rulesOf(violations)).toEqual(['lost', 'lost-durable', 'tiers-differ']);
    }
  });

  it('names the one register that differs, though it is newer than all that was acknowledged', () => {
    const altered = registersOf(servedAs({ ...fourth, positionMs: 999 }));
    const hot = { eu: titles(registersOf(servedAs(second))), us: titles(altered) };
    const violations = endAs(evening(), servedAs(second), { hot });
    expect(rulesOf(violations)).toEqual(['tiers-differ']);
    expect(violations.join('\n')).toContain(`${key} is ${JSON.stringify(altered)} in Redis of us`);
  });

  it('takes no value that is equal everywhere and that nobody submitted', () => {
    const stranger = servedAs({ ...fourth, positionMs: 999 });
    expect(rulesOf(endAs(evening().beat(fourth, {}, inEu), stranger))).toEqual(['invented']);
    const served = { ...inEach(['eu-a', 'us-a'], { demo: { [film]: servedAs(second) } }) };
    const stored = inEach(
      ['eu', 'us'],
      titles(registersOf({ ...stranger, version: second.version })),
    );
    const violations = endAs(evening(), servedAs(second), {
      ...{ resume: served, hot: stored, durable: stored },
    });
    expect(rulesOf(violations)).toEqual(['tiers-differ']);
  });

  it('lets a region lose what it acknowledged as HOT in its window, and not what got away', () => {
    const lossy = (of: { in: string; isSeen?: boolean; event?: 'PAUSE' }) => {
      const beat = { ...fourth, event: of.event ?? fourth.event };
      const run = evening().span('loss', true, { region: of.in }).beat(beat, {}, inEu);
      if (of.isSeen) run.read(servedAs(beat), { process: 'us-a', client: 'us/reader' });
      run.span('loss', false, { region: of.in });
      return { rules: rulesOf(endAs(run, servedAs(second))), losses: lossesOf(indexOf(run.lines)) };
    };
    expect(lossy({ in: 'eu' })).toEqual({ rules: [], losses: [{ key, lostMs: 30 }] });
    expect(lossy({ in: 'us' }).rules).toEqual(['lost']);
    expect(lossy({ in: 'eu', isSeen: true }).rules).toEqual(['lost']);
    expect(lossy({ in: 'eu', event: 'PAUSE' }).rules).toEqual(['lost', 'lost-durable']);
  });

  it('lets what was DURABLE be lost only with a region that is gone, data centre and all', () => {
    const gone = (region: string) => {
      const run = evening().span('gone', true, { region }).beat(pause, {}, inUs);
      return rulesOf(endAs(run, servedAs(second)));
    };
    expect(gone('us')).toEqual([]);
    expect(gone('eu')).toEqual(['lost', 'lost-durable']);
  });

  it('excuses errors and flags only by what is broken in the region that answers', () => {
    const flagged = (region: string) => {
      const run = evening().span('hot', true, { region });
      run.read(servedAs(second, { isDegraded: true }), { process: 'eu-a' });
      return rulesOf(endAs(run.span('hot', false, { region }), servedAs(second)));
    };
    expect(flagged('eu')).toEqual([]);
    expect(flagged('us')).toEqual(['broken-answer']);
  });

  it('sees a live stream of the other region end behind, or go back', () => {
    const run = evening().beat(pause, {}, inUs).push(servedAs(second));
    expect(rulesOf(run.end())).toEqual(['subscriber-behind']);
    const back = evening().push(servedAs(second), 'CHANGED', { process: 'us-a' });
    expect(rulesOf(endAs(back.push(servedAs(start)), servedAs(second)))).toEqual([
      'stream-went-back',
    ]);
  });

  it('lets a hidden title move under one version while the other region plays it', () => {
    const hide = { kind: 'change' as const, title: film, change: 'HIDE' as const };
    const run = evening();
    const version = handVersion({ nowMs: run.nowMs, inForce: third.version, nonce: 'hand' });
    const hidden = { ...servedAs(second), version, hidden: true };
    const moved = { ...servedAs(third), version, hidden: true };
    run.ask(hide, { playheads: { [film]: hidden } }, inEu);
    run.beat(third, { outcome: 'ACCEPTED', durability: 'HOT' }, inUs);
    run.read(moved, { process: 'eu-a' });
    const registers = {
      playhead: registersOf(servedAs(third)).playhead,
      visibility: registersOf(hidden).visibility,
    };
    const stored = inEach(['eu', 'us'], titles(registers));
    expect(endAs(run, moved, { hot: stored, durable: stored })).toEqual([]);
    const invented = { ...moved, positionMs: 999 };
    expect(rulesOf(endAs(run, invented, { hot: stored, durable: stored }))).toContain('invented');
  });
});
