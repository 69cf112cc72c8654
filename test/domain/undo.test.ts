import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import '../support/seeds.ts';
import { isHidden, mergeTitle } from '../../domain/merge.ts';
import type { TitleState } from '../../domain/playhead.ts';
import type { Transition } from '../../domain/transition.ts';
import { handVersion, sessionVersion, versionZero, writerOf } from '../../domain/version.ts';
import { foldTransition, type Viewing } from '../../domain/viewing.ts';
import {
  countingActs,
  type Mark,
  marksIn,
  packRegisters,
  registersOf,
  replayTitle,
  sessionsIn,
} from '../../domain/watch-log.ts';
import { noonMs } from '../support/manual-clock.ts';

const title = 'film';
const nothing: TitleState = { playhead: null, visibility: null };

/** What happens to a title: a session writes, perhaps late; the viewer changes it; a session is undone. */
type Happening =
  | { does: 'write'; session: number; kind: Transition['kind']; agoS: number; positionMs: number }
  | { does: 'change'; kind: Transition['kind']; positionMs: number }
  | { does: 'undo'; session: number };

const sessions = fc.nat({ max: 2 });
const positionsMs = fc.nat({ max: 7_200_000 });
const happenings: fc.Arbitrary<Happening[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        does: fc.constant('write' as const),
        session: sessions,
        kind: fc.constantFrom<Transition['kind'][]>('START', 'PLAY', 'PROGRESS', 'STOP', 'FINISH'),
        agoS: fc.oneof(fc.constant(0), fc.nat({ max: 40 })),
        positionMs: positionsMs,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        does: fc.constant('change' as const),
        kind: fc.constantFrom<Transition['kind'][]>('HIDE', 'UNHIDE', 'RESTART', 'FINISH'),
        positionMs: positionsMs,
      }),
    },
    { weight: 2, arbitrary: fc.record({ does: fc.constant('undo' as const), session: sessions }) },
  ),
  { maxLength: 25 },
);

/** One title, as the stores and the undo of playback treat it, without stores. */
class Evening {
  readonly log: Transition[] = [];
  inForce: TitleState = nothing;
  #second = 0;

  live(happening: Happening): void {
    // Nothing else falls into the same second: what is late has a place of its own.
    this.#second += 41;
    if (happening.does === 'write') this.#write(happening);
    else if (happening.does === 'change') this.#change(happening);
    else this.undo(happening.session);
  }

  /** False when there was nothing to undo. */
  undo(session: number): boolean {
    const watched = sessionsIn(this.log).find(
      ({ sessionId }) => sessionId === `session-${session}`,
    );
    if (watched === undefined || watched.undoneAtMs !== null) return false;
    this.#second += 41;
    const version = this.#handVersion();
    const [writer] = watched.titles[0]?.writers ?? [];
    const mark = { sessionId: watched.sessionId, writer: writer as string };
    const marks: Mark[] = [...marksIn(this.log), { title, ...mark, upTo: version }];
    const { log, inForce } = this;
    const restored = replayTitle(title, { log, inForce, marks });
    const acts = countingActs(title, { log, marks, position: restored.playhead });
    this.inForce = {
      playhead: restored.playhead === null ? null : { ...restored.playhead, version },
      visibility: { version, hidden: isHidden(restored), laterFields: '' },
    };
    this.log.push({
      ...this.#told({ kind: 'UNDO', version, positionMs: restored.playhead?.positionMs ?? 0 }),
      status: restored.playhead?.status ?? 'NOT_STARTED',
      registers: packRegisters(restored),
      undone: { ...mark, ...acts },
    });
    return true;
  }

  /** The log in which those sessions never were: what each wrote until it was undone. */
  without(): Transition[] {
    const marks = marksIn(this.log);
    return this.log.filter(
      ({ kind, version }) =>
        kind !== 'UNDO' &&
        !marks.some(({ writer, upTo }) => writer === writerOf(version) && version <= upTo),
    );
  }

  #write({ session, kind, agoS, positionMs }: Extract<Happening, { does: 'write' }>): void {
    const occurredAtMs = noonMs + (this.#second - agoS) * 1_000;
    const device = { id: `device-${session % 2}`, kind: 'TV', name: null };
    const sessionId = `session-${session}`;
    const version = sessionVersion({ activityAtMs: occurredAtMs, deviceId: device.id, sessionId });
    this.#tell({ ...this.#told({ kind, version, positionMs }), occurredAtMs, device, sessionId });
  }

  #change({ kind, positionMs }: Extract<Happening, { does: 'change' }>): void {
    this.#tell(this.#told({ kind, version: this.#handVersion(), positionMs }));
  }

  #tell(transition: Transition): void {
    this.log.push(transition);
    this.inForce = mergeTitle(this.inForce, registersOf(transition));
  }

  #handVersion(): string {
    const nowMs = noonMs + this.#second * 1_000;
    return handVersion({ nowMs, inForce: versionZero, nonce: String(this.#second) });
  }

  #told(of: Pick<Transition, 'kind' | 'version' | 'positionMs'>): Transition {
    return {
      ...{ profileId: 'demo', title, device: null, sessionId: null, ...of },
      occurredAtMs: noonMs + this.#second * 1_000,
      status: of.kind === 'FINISH' ? 'FINISHED' : 'IN_PROGRESS',
      durationMs: 7_200_000,
    };
  }
}

function contentOf({ playhead, visibility }: TitleState) {
  return {
    status: playhead?.status ?? 'NOT_STARTED',
    positionMs: playhead?.positionMs ?? 0,
    durationMs: playhead?.durationMs ?? null,
    hidden: visibility?.hidden ?? false,
  };
}

describe('after an undo', () => {
  it('a title is what the log says in which the undone sessions never were', () => {
    fc.assert(
      fc.property(happenings, sessions, (history, session) => {
        const evening = new Evening();
        for (const happening of history) evening.live(happening);
        fc.pre(evening.undo(session));
        const replayed = evening.without().map(registersOf).reduce(mergeTitle, nothing);
        expect(contentOf(evening.inForce)).toEqual(contentOf(replayed));
      }),
      { numRuns: 500 },
    );
  });

  it('its viewing is what the same log folds to, in any order', () => {
    const cases = fc.record({
      history: happenings,
      session: sessions,
      order: fc.infiniteStream(fc.nat()),
    });
    fc.assert(
      fc.property(cases, ({ history, session, order }) => {
        const evening = new Evening();
        for (const happening of history) evening.live(happening);
        fc.pre(evening.undo(session));
        const shuffled = evening.log
          .map((transition) => ({ transition, place: order.next().value as number }))
          .sort((left, right) => left.place - right.place)
          .map(({ transition }) => transition);
        expect(tellsOf(folded(shuffled))).toEqual(tellsOf(folded(evening.without())));
      }),
      { numRuns: 500 },
    );
  });
});

function folded(log: readonly Transition[]): Viewing | null {
  return log.reduce<Viewing | null>((viewing, one) => foldTransition(viewing, one), null);
}

/** All that rows read of a viewing, but for how the position came about. */
function tellsOf(viewing: Viewing | null) {
  const position = viewing?.position ?? null;
  const played = viewing?.playedVersion ?? versionZero;
  const hidden = viewing?.visibility?.hidden ? viewing.visibility.version : versionZero;
  return {
    position: position === null ? null : { ...position, kind: 'ANY' },
    isHidden: hidden > played,
    playedVersion: played,
    finishedVersion: viewing?.finishedVersion ?? versionZero,
  };
}
