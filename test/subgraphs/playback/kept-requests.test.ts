import { beforeEach, describe, expect, it } from '@jest/globals';
import type { TransitionKind } from '../../../domain/transition.ts';
import { deviceHash } from '../../../domain/version.ts';
import type { MergeRequest } from '../../../stores/hot-store.ts';
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
  kept.keep({ request, untilMs, isOwed });
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
      { request: { writes: [{ playhead: playheadAt(3), visibility: hiddenAt(2) }] } },
    ]);
  });

  it('are owed as soon as one of them is, with the device that any of them names', () => {
    keep(requestAt(1, { device: tv }), { isOwed: true });
    keep(requestAt(2));
    expect(kept.owedTo('demo')).toMatchObject([{ request: { device: tv } }]);
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
      expect(kept.owed()).toMatchObject([{ request: { device: tv } }]);
    }
  });

  it('name a device as the later of them does, as long as it is the same', () => {
    keep(requestAt(2, { device: tv }), { isOwed: true });
    keep(requestAt(1, { device: { ...tv, name: 'Kitchen' } }));
    expect(kept.owed()).toMatchObject([{ request: { device: { id: tv.id, name: 'Kitchen' } } }]);
  });

  it('offer what one of them says twice in the order in which it was said last', () => {
    const floor = versionAt(0);
    const seek = offer(2, 'SEEK');
    keep(requestAt(1, { transitions: [offer(1, 'PROGRESS', floor), seek] }));
    keep(requestAt(4, { transitions: [offer(3, 'PROGRESS', floor), seek, offer(4, 'PAUSE')] }));
    expect(kept.of('demo')[0]?.request.transitions).toEqual([
      offer(3, 'PROGRESS', floor),
      seek,
      offer(4, 'PAUSE'),
    ]);
    keep(requestAt(5, { transitions: [offer(5, 'PROGRESS', floor)] }));
    expect(kept.of('demo')[0]?.request.transitions).toEqual([
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
    expect(kept.owed()[0]?.request.transitions).toEqual([
      offer(1, 'START'),
      offer(3, 'PROGRESS', floor),
    ]);
  });

  it('keep few transitions while nothing is owed, and more once it is', () => {
    for (let second = 1; second <= 150; second += 1) {
      keep(requestAt(second, { transitions: [offer(second, 'SEEK')] }));
    }
    kept.oweAll();
    expect(kept.owed()[0]?.request.transitions).toHaveLength(4);
    for (let second = 151; second <= 300; second += 1) {
      keep(requestAt(second, { transitions: [offer(second, 'SEEK')] }));
    }
    const transitions = kept.owed()[0]?.request.transitions ?? [];
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
    for (const each of kept.owedTo('demo')) each.isOwed = false;
    kept.forgetOld(msAt(10));
    kept.oweAll();
    expect(kept.owed().map(({ request }) => request.profileId)).toEqual(['kids']);
  });

  it('is no more than there is room for: the longest kept leaves, and that is told', () => {
    for (const profileId of ['ada', 'ben', 'cleo']) {
      expect(keep(requestAt(1, { profileId }))).toBeNull();
    }
    expect(keep(requestAt(2, { profileId: 'ada' }))).toBeNull();
    expect(keep(requestAt(1, { profileId: 'dora' }))?.request.profileId).toBe('ben');
    expect(kept.isEmpty).toBe(false);
  });

  it('is nothing at first, and again at the end', () => {
    expect(kept.isEmpty).toBe(true);
    keep(requestAt(1), { untilMs: msAt(1) });
    expect(kept.isEmpty).toBe(false);
    kept.forgetOld(msAt(1));
    expect(kept.isEmpty).toBe(true);
  });
});
