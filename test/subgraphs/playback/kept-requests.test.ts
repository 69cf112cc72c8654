import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { TransitionKind } from '../../../domain/transition.ts';
import { deviceHash } from '../../../domain/version.ts';
import type { MergeRequest, TitleWrite } from '../../../stores/hot-store.ts';
import { KeptRequests } from '../../../subgraphs/playback/kept-requests.ts';
import {
  hiddenAt,
  msAt,
  phone,
  playheadAt,
  transitionAt,
  tv,
  versionAt,
} from '../../contract/writes.ts';
import '../../support/seeds.ts';

let kept: KeptRequests;
beforeEach(() => {
  kept = new KeptRequests({ titlesMax: 3 });
});

function requestAt(second: number, overrides: Partial<MergeRequest> = {}): MergeRequest {
  return {
    profileId: 'demo',
    nowMs: msAt(second),
    writes: [{ title: 'sintel', playhead: playheadAt(second), visibility: null }],
    device: null,
    presence: null,
    transitions: [],
    onlyIf: null,
    ...overrides,
  };
}

const keep = (request: MergeRequest, { isOwed = false, untilMs = msAt(60) } = {}) =>
  kept.keep(request, { untilMs, isOwed });
const offer = (second: number, kind: TransitionKind, onlyIfBefore = versionAt(second)) => ({
  transition: transitionAt(second, { kind }),
  onlyIfBefore,
});

describe('requests to one title', () => {
  it('are one, with the newest of each register, in any order', () => {
    keep(requestAt(3));
    keep(requestAt(1, { writes: [{ title: 'sintel', playhead: null, visibility: hiddenAt(2) }] }));
    keep(requestAt(1), { isOwed: true });
    expect(kept.owed()).toMatchObject([
      { writes: [{ playhead: playheadAt(3), visibility: hiddenAt(2) }] },
    ]);
  });

  it('are owed as soon as one of them is, with the device that any of them names', () => {
    keep(requestAt(1, { device: tv }), { isOwed: true });
    keep(requestAt(2));
    expect(kept.owedTo('demo')).toMatchObject([{ device: tv }]);
    expect(kept.owedTo('kids')).toEqual([]);
  });

  it('name the device whose write is the newest, in any order', () => {
    const byTv = requestAt(2, { device: tv });
    const write = { title: 'sintel', visibility: null };
    const byPhone = requestAt(3, {
      device: phone,
      writes: [{ ...write, playhead: playheadAt(1, { deviceHash: deviceHash(phone.id) }) }],
    });
    for (const order of [
      [byTv, byPhone],
      [byPhone, byTv],
    ]) {
      kept = new KeptRequests({ titlesMax: 3 });
      for (const request of order) keep(request, { isOwed: true });
      expect(kept.owed()).toMatchObject([{ device: tv }]);
    }
  });

  it('name a device as the later of them does, as long as it is the same', () => {
    keep(requestAt(2, { device: tv }), { isOwed: true });
    keep(requestAt(1, { device: { ...tv, name: 'Kitchen' } }));
    expect(kept.owed()).toMatchObject([{ device: { id: tv.id, name: 'Kitchen' } }]);
  });

  it('offer what one of them says twice in the order in which it was said last', () => {
    const floor = versionAt(0);
    const seek = offer(2, 'SEEK');
    keep(requestAt(1, { transitions: [offer(1, 'PROGRESS', floor), seek] }));
    keep(requestAt(4, { transitions: [offer(3, 'PROGRESS', floor), seek, offer(4, 'PAUSE')] }));
    expect(kept.of('demo')[0]?.transitions).toEqual([
      offer(3, 'PROGRESS', floor),
      seek,
      offer(4, 'PAUSE'),
    ]);
    keep(requestAt(5, { transitions: [offer(5, 'PROGRESS', floor)] }));
    expect(kept.of('demo')[0]?.transitions).toEqual([
      seek,
      offer(4, 'PAUSE'),
      offer(5, 'PROGRESS', floor),
    ]);
  });

  it('offer each transition once, and of each stretch of progress the newest', () => {
    const floor = versionAt(0);
    keep(requestAt(1, { transitions: [offer(1, 'START'), offer(2, 'PROGRESS', floor)] }));
    keep(requestAt(3, { transitions: [offer(1, 'START'), offer(3, 'PROGRESS', floor)] }));
    kept.oweAll();
    expect(kept.owed()[0]?.transitions).toEqual([offer(1, 'START'), offer(3, 'PROGRESS', floor)]);
  });

  it('keep few transitions while nothing is owed, and more once it is', () => {
    for (let second = 1; second <= 150; second += 1) {
      keep(requestAt(second, { transitions: [offer(second, 'SEEK')] }));
    }
    kept.oweAll();
    expect(kept.owed()[0]?.transitions).toHaveLength(4);
    for (let second = 151; second <= 300; second += 1) {
      keep(requestAt(second, { transitions: [offer(second, 'SEEK')] }));
    }
    const transitions = kept.owed()[0]?.transitions ?? [];
    expect(transitions).toHaveLength(100);
    expect(transitions.at(-1)).toEqual(offer(300, 'SEEK'));
  });
});

describe('what is kept', () => {
  it('is forgotten when its time is over, unless it is owed', () => {
    keep(requestAt(1), { untilMs: msAt(10) });
    keep(requestAt(1, { profileId: 'kids' }), { untilMs: msAt(10), isOwed: true });
    kept.forgetOld(msAt(9));
    kept.oweAll();
    expect(kept.owed()).toHaveLength(2);
    for (const each of kept.owedTo('demo')) kept.settle(each);
    kept.forgetOld(msAt(10));
    kept.oweAll();
    expect(kept.owed().map(({ profileId }) => profileId)).toEqual(['kids']);
  });

  it('is no more than there is room for: the longest kept leaves', () => {
    for (const profileId of ['ada', 'ben', 'cleo', 'ada', 'dora']) {
      expect(keep(requestAt(1, { profileId }))).toBe(false);
    }
    expect(kept.of('ben')).toEqual([]);
    for (const profileId of ['ada', 'cleo', 'dora']) expect(kept.of(profileId)).toHaveLength(1);
  });

  it('says so when one leaves that is owed', () => {
    keep(requestAt(1, { profileId: 'ada' }), { isOwed: true });
    for (const profileId of ['ben', 'cleo']) keep(requestAt(1, { profileId }));
    expect(keep(requestAt(1, { profileId: 'dora' }))).toBe(true);
    expect(kept.owedCount).toBe(0);
  });

  it('stays owed when what was settled had another join it meanwhile', () => {
    keep(requestAt(1), { isOwed: true });
    const [first] = kept.owed() as [MergeRequest];
    keep(requestAt(2));
    kept.settle(first);
    expect(kept.owed()).toMatchObject([requestAt(2)]);
    for (const each of kept.owed()) kept.settle(each);
    expect(kept.owed()).toEqual([]);
    expect(kept.of('demo')).toMatchObject([requestAt(2)]);
  });

  it('is found again by all its titles, one of which was named twice', () => {
    const [write] = requestAt(1).writes as [TitleWrite];
    const writes = [write, { ...write, title: 'spring' }, write];
    for (const second of [1, 2, 3]) keep(requestAt(second, { writes }), { untilMs: msAt(3) });
    expect(kept.of('demo')).toHaveLength(1);
    kept.forgetOld(msAt(3));
    expect(kept.of('demo')).toEqual([]);
  });

  it('is nothing at first, and again at the end', () => {
    expect(kept.isEmpty).toBe(true);
    keep(requestAt(1), { untilMs: msAt(1) });
    expect(kept.isEmpty).toBe(false);
    kept.forgetOld(msAt(1));
    expect(kept.isEmpty).toBe(true);
  });

  it('is what a list of it says, after any history', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 40 }), (history) => {
        kept = new KeptRequests({ titlesMax: 3 });
        const list = new ListOfKept();
        for (const [second, step] of history.entries()) {
          expect(list.takes(step, second)).toBe(takes(step, second));
          expect(titlesOf(kept.owed()).sort()).toEqual(list.titles(({ isOwed }) => isOwed).sort());
          for (const profileId of profileIds) {
            const own = (each: Listed) => each.profileId === profileId;
            const owed = (each: Listed) => own(each) && each.isOwed;
            expect(titlesOf(kept.of(profileId)).sort()).toEqual(list.titles(own).sort());
            expect(titlesOf(kept.owedTo(profileId)).sort()).toEqual(list.titles(owed).sort());
          }
          expect(kept.owedCount).toBe(list.titles(({ isOwed }) => isOwed).length);
          expect(kept.isEmpty).toBe(list.titles(() => true).length === 0);
        }
      }),
    );
  });
});

const profileIds = ['demo', 'kids'] as const;
const named = {
  profileId: fc.constantFrom(...profileIds),
  title: fc.constantFrom('sintel', 'spring', 'charge'),
};
const steps = fc.oneof(
  fc.record({ kind: fc.constant('keep' as const), ...named, isOwed: fc.boolean() }),
  fc.record({ kind: fc.constant('settle' as const), ...named }),
  fc.record({ kind: fc.constant('owe all' as const) }),
  fc.record({ kind: fc.constant('forget' as const) }),
);
type Step = typeof steps extends fc.Arbitrary<infer Each> ? Each : never;

/** How long each is needed, in steps of a history. */
const neededFor = 5;

function takes(step: Step, second: number): boolean {
  switch (step.kind) {
    case 'keep': {
      const { profileId, title, isOwed } = step;
      const writes = [{ title, playhead: playheadAt(second), visibility: null }];
      const request = requestAt(second, { profileId, writes });
      return keep(request, { untilMs: msAt(second + neededFor), isOwed });
    }
    case 'settle': {
      const isIt = ({ writes: [write] }: MergeRequest) => write?.title === step.title;
      for (const each of kept.of(step.profileId).filter(isIt)) kept.settle(each);
      return false;
    }
    case 'owe all':
      kept.oweAll();
      return false;
    case 'forget':
      kept.forgetOld(msAt(second));
      return false;
  }
}

const titlesOf = (requests: readonly MergeRequest[]) =>
  requests.map(({ profileId, writes: [write] }) => `${profileId} ${write?.title}`);

interface Listed {
  profileId: string;
  title: string;
  untilSecond: number;
  isOwed: boolean;
}

/** The same, walked from end to end each time. */
class ListOfKept {
  /** The longest kept first. */
  #all: Listed[] = [];

  titles(isMeant: (each: Listed) => boolean): string[] {
    return this.#all.filter(isMeant).map(({ profileId, title }) => `${profileId} ${title}`);
  }

  takes(step: Step, second: number): boolean {
    switch (step.kind) {
      case 'keep':
        return this.#keep({ ...step, untilSecond: second + neededFor });
      case 'settle':
        for (const each of this.#all) if (isSameTitle(each, step)) each.isOwed = false;
        return false;
      case 'owe all':
        for (const each of this.#all) each.isOwed = true;
        return false;
      case 'forget':
        this.#all = this.#all.filter(({ untilSecond, isOwed }) => isOwed || untilSecond > second);
        return false;
    }
  }

  #keep(later: Listed): boolean {
    const earlier = this.#all.find((each) => isSameTitle(each, later));
    const isOwed = later.isOwed || earlier?.isOwed === true;
    this.#all = [...this.#all.filter((each) => each !== earlier), { ...later, isOwed }];
    return this.#all.length > 3 && this.#all.shift()?.isOwed === true;
  }
}

function isSameTitle(one: Named, other: Named): boolean {
  return one.profileId === other.profileId && one.title === other.title;
}
type Named = Pick<Listed, 'profileId' | 'title'>;
