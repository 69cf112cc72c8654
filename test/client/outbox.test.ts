import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../support/seeds.ts';
import {
  batchLengthMax,
  type Heartbeat,
  isPlain,
  Outbox,
  outboxLengthMax,
  type PlaybackEvent,
} from '../../client/outbox.ts';

const heartbeat = (sequence: number, event: PlaybackEvent): Heartbeat => ({
  sequence,
  event,
  elapsedMs: sequence * 10,
  positionMs: sequence,
});
const sequences = (heartbeats: readonly Heartbeat[]) => heartbeats.map(({ sequence }) => sequence);

describe('the outbox', () => {
  it('keeps the newest plain heartbeat and every act of the viewer (OUT-5)', () => {
    const outbox = new Outbox();
    const events: PlaybackEvent[] = ['START', 'HEARTBEAT', 'PAUSE', 'HEARTBEAT', 'HEARTBEAT'];
    events.forEach((event, sequence) => {
      outbox.add('p', heartbeat(sequence, event));
    });
    expect(sequences(outbox.take('p'))).toEqual([0, 2, 4]);
  });

  it('lets a PING replace a PING, never a position (OUT-5)', () => {
    const outbox = new Outbox();
    (['HEARTBEAT', 'PING', 'PING'] as const).forEach((event, sequence) => {
      outbox.add('p', heartbeat(sequence, event));
    });
    expect(sequences(outbox.take('p'))).toEqual([0, 2]);
  });

  it('does not replace what is in flight, and does once that has failed (OUT-5)', () => {
    const outbox = new Outbox();
    outbox.add('p', heartbeat(0, 'HEARTBEAT'));
    outbox.take('p');
    outbox.add('p', heartbeat(1, 'HEARTBEAT'));
    expect(outbox.length).toBe(2);
    outbox.release('p');
    expect(sequences(outbox.take('p'))).toEqual([1]);
  });

  it('keeps playbacks apart', () => {
    const outbox = new Outbox();
    outbox.add('p', heartbeat(0, 'HEARTBEAT'));
    outbox.add('q', heartbeat(0, 'HEARTBEAT'));
    outbox.forget('p');
    expect([outbox.all('p').length, outbox.all('q').length]).toEqual([0, 1]);
  });

  it('hands out a hundred at a time, the oldest first; at the end of a page, the newest (OUT-7)', () => {
    const outbox = new Outbox();
    for (let sequence = 0; sequence < 250; sequence += 1) {
      outbox.add('p', heartbeat(sequence, 'SEEK'));
    }
    expect(outbox.take('p')).toHaveLength(batchLengthMax);
    expect(outbox.take('p')[0]?.sequence).toBe(0);
    expect(sequences(outbox.newest('p')).at(-1)).toBe(249);
    expect(outbox.newest('p')).toHaveLength(batchLengthMax);
  });

  it('numbers what waits anew for another session', () => {
    const outbox = new Outbox();
    outbox.add('p', heartbeat(7, 'PAUSE'));
    outbox.add('p', heartbeat(9, 'PLAY'));
    expect(outbox.renumber('p')).toBe(2);
    expect(outbox.take('p').map(({ sequence, elapsedMs }) => [sequence, elapsedMs])).toEqual([
      [0, 70],
      [1, 90],
    ]);
  });
});

const events: PlaybackEvent[] = ['START', 'HEARTBEAT', 'PLAY', 'PAUSE', 'SEEK', 'PING', 'FINISH'];

/** What may happen to an outbox, in any order. */
const happening = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.constantFrom(...events).map((event) => ({ kind: 'add', event }) as const),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'take' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'release' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'settle' } as const) },
);

type Happening = { kind: 'add'; event: PlaybackEvent } | { kind: 'take' | 'release' | 'settle' };

/** Answers the sequences that were handed out, if any. */
function apply(outbox: Outbox, step: Happening, sequence: number): number[] {
  if (step.kind === 'add') outbox.add('p', heartbeat(sequence, step.event));
  if (step.kind === 'release') outbox.release('p');
  if (step.kind === 'add' || step.kind === 'release') return [];
  const batch = sequences(outbox.take('p'));
  if (step.kind === 'settle') outbox.remove('p', new Set(batch));
  return batch;
}

describe('the outbox, whatever happens', () => {
  it('never grows beyond its limit, and hands out in order of sequence (OUT-6)', () => {
    fc.assert(
      fc.property(fc.array(happening, { size: 'large', maxLength: 2_000 }), (history) => {
        const outbox = new Outbox();
        history.forEach((step, sequence) => {
          const batch = apply(outbox, step, sequence);
          expect(batch).toEqual([...batch].sort((left, right) => left - right));
          expect(outbox.length).toBeLessThanOrEqual(outboxLengthMax);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('gives up acts of the viewer only when they alone are too many, and then the oldest (OUT-6)', () => {
    const anyEvents = fc.array(fc.constantFrom(...events), {
      minLength: outboxLengthMax,
      maxLength: 3 * outboxLengthMax,
      size: 'max',
    });
    fc.assert(
      fc.property(anyEvents, (history) => {
        const outbox = new Outbox();
        const added = history.map((event, sequence) => heartbeat(sequence, event));
        for (const each of added) outbox.add('p', each);
        const acts = (of: readonly Heartbeat[]) =>
          sequences(of.filter(({ event }) => !isPlain(event)));
        expect(acts(drained(outbox))).toEqual(acts(added).slice(-outboxLengthMax));
      }),
      { numRuns: 12 },
    );
  });
});

function drained(outbox: Outbox): Heartbeat[] {
  const all: Heartbeat[] = [];
  while (outbox.length > 0) {
    const batch = outbox.take('p');
    outbox.remove('p', new Set(sequences(batch)));
    all.push(...batch);
  }
  return all;
}
