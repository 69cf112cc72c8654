import { describe, expect, it } from '@jest/globals';
import type { HotStore, MergeResult } from '../../stores/hot-store.ts';
import { appended, dirtyOf, type OpenHotStore, read, settleAll, stateOf } from './hot-subject.ts';
import { eachTime } from './subject.ts';
import { type Beat, beatOf, msAt, phone, playheadAt, tv, versionAt } from './writes.ts';

const onTv = { device: tv, sessionId: 'on-tv' };
const onPhone = { device: phone, sessionId: 'on-phone' };
const byPhone = { sessionId: onPhone.sessionId, device: phone };
const takeOver = { profileId: 'demo', from: 'on-tv' };

/** A television plays; it is then as a plain heartbeat leaves it. */
async function playOnTv(hot: HotStore): Promise<void> {
  await send(hot, { ...onTv, second: 0, event: 'START', acts: 'NOW' });
  for (const second of [5, 10, 15]) await send(hot, { ...onTv, second });
}

function send(
  hot: HotStore,
  beat: Omit<Beat, 'atMs' | 'sequence'> & { second: number; isFact?: true },
): Promise<MergeResult> {
  const { second, isFact, ...rest } = beat;
  const request = beatOf({ ...rest, atMs: msAt(second), sequence: second });
  return hot.merge(isFact ? { ...request, isFact } : request);
}

export function describeOvertaken(open: OpenHotStore): void {
  describe('a session that another one has overtaken', () => {
    const subject = eachTime(open);
    const inForce = async () => (await stateOf(subject().hot)).playhead?.version;

    it('writes nothing, makes nothing dirty, and is answered what is in force', async () => {
      const { hot } = subject();
      await playOnTv(hot);
      await send(hot, { ...onTv, second: 17, event: 'PAUSE' });
      await send(hot, { ...onPhone, second: 20, event: 'START', acts: 'NOW' });
      await settleAll(hot, await dirtyOf(hot), msAt(20));
      const before = await stateOf(hot);
      const held = { isHeld: true, titles: [{ title: 'sintel', before, after: before }] };
      for (const event of ['PAUSE', 'FINISH', 'STOP'] as const) {
        const second = { PAUSE: 25, FINISH: 30, STOP: 35 }[event];
        expect(await send(hot, { ...onTv, second, event })).toMatchObject(held);
      }
      expect(await stateOf(hot)).toEqual(before);
      expect(await dirtyOf(hot)).toEqual([]);
    });

    it('is known by what it does all the same', async () => {
      const { hot } = subject();
      await playOnTv(hot);
      await send(hot, { ...onTv, second: 17, event: 'PAUSE' });
      await send(hot, { ...onPhone, second: 20, event: 'START', acts: 'NOW' });
      await send(hot, { ...onTv, second: 25, event: 'PAUSE' });
      const { sessions } = await read(hot);
      expect(sessions.find(({ sessionId }) => sessionId === 'on-tv')).toMatchObject({
        ...{ playerState: 'PAUSED', sequence: 25, lastHeartbeatAtMs: msAt(25) },
      });
    });

    it('is in force again by an act, and the other one once it is left', async () => {
      const { hot } = subject();
      await playOnTv(hot);
      await send(hot, { ...onTv, second: 17, event: 'PAUSE' });
      await send(hot, { ...onPhone, second: 20, event: 'START', acts: 'NOW' });
      await send(hot, { ...onPhone, second: 22, event: 'PAUSE' });
      const act = await send(hot, { ...onTv, second: 25, event: 'PLAY', acts: 'NOW' });
      expect(act).toMatchObject({ isHeld: false });
      expect(await send(hot, { ...onTv, second: 30 })).toMatchObject({ isHeld: false });
      const closing = { ...onPhone, event: 'STOP' } as const;
      expect(await send(hot, { ...closing, second: 31 })).toMatchObject({ isHeld: true });
    });

    it('that plays is none: it is the most recently active one, and keeps its last seconds', async () => {
      const { hot } = subject();
      await playOnTv(hot);
      await send(hot, { ...onPhone, second: 20, event: 'START', acts: 'NOW' });
      const stop = await send(hot, { ...onTv, second: 22, event: 'STOP' });
      expect(stop).toMatchObject({ isHeld: false });
      expect(await send(hot, { ...onPhone, second: 25 })).toMatchObject({ isHeld: false });
    });

    it('tells the event stream what it watched as history, each once', async () => {
      const { hot } = subject();
      await playOnTv(hot);
      const by = { ...byPhone, at: versionAt(20, phone) };
      await hot.takeOver({ ...takeOver, by });
      const before = await appended(subject());
      for (const second of [25, 30, 30, 35]) await send(hot, { ...onTv, second });
      await send(hot, { ...onTv, second: 40, event: 'PAUSE' });
      const told = (await appended(subject())).slice(before.length);
      expect(told.map(({ occurredAtMs, isHistory }) => [occurredAtMs, isHistory])).toEqual([
        [msAt(30), true],
        [msAt(40), true],
      ]);
    });

    it('is written without a question when it was answered before', async () => {
      const { hot } = subject();
      await playOnTv(hot);
      await send(hot, { ...onTv, second: 17, event: 'PAUSE' });
      await send(hot, { ...onPhone, second: 20, event: 'START', acts: 'NOW' });
      const fact = await send(hot, { ...onTv, second: 25, event: 'PAUSE', isFact: true });
      expect(fact).toMatchObject({ isHeld: false });
      expect(await inForce()).toBe(beatVersion(25));
    });

    it('is one whose viewer never acted, as soon as anybody else is in force', async () => {
      const { hot } = subject();
      await send(hot, { ...onPhone, second: 0, event: 'START', acts: 'NOW' });
      expect(await send(hot, { ...onTv, second: 5, acts: 'NEVER' })).toMatchObject({
        isHeld: true,
      });
      expect((await appended(subject())).length).toBe(1);
    });

    it('is doubted at its end only, where nobody knows who acted', async () => {
      const { hot } = subject();
      const playhead = playheadAt(50, { version: versionAt(50, { ...phone, id: 'unknown' }) });
      const writes = [{ title: 'sintel', playhead, visibility: null }];
      const nothing = { device: null, presence: null, transitions: [], onlyIf: null };
      await hot.merge({ profileId: 'demo', nowMs: msAt(50), writes, ...nothing });
      expect(await send(hot, { ...onTv, second: 60, event: 'STOP' })).toMatchObject({
        isHeld: true,
      });
      expect(await send(hot, { ...onPhone, second: 65 })).toMatchObject({ isHeld: false });
    });
  });

  describe('a session that is taken over', () => {
    const subject = eachTime(open);

    it('is overtaken though it holds the playhead, until its viewer acts', async () => {
      const { hot } = subject();
      await playOnTv(hot);
      const at = versionAt(17, phone);
      expect(await hot.takeOver({ ...takeOver, by: { ...byPhone, at } })).toBe(true);
      for (const second of [20, 25]) {
        expect(await send(hot, { ...onTv, second })).toMatchObject({ isHeld: true });
      }
      const { sessions } = await read(hot);
      expect(sessions).toMatchObject([{ takenOver: { ...byPhone, at } }]);
      const act = await send(hot, { ...onTv, second: 30, event: 'PLAY', acts: 'NOW' });
      expect(act).toMatchObject({ isHeld: false });
      for (const second of [35, 40]) {
        expect(await send(hot, { ...onTv, second })).toMatchObject({ isHeld: false });
      }
    });

    it('is so by the latest that took it over, in whatever order they come', async () => {
      const { hot } = subject();
      await playOnTv(hot);
      const later = { sessionId: 'on-tab', device: { ...tv, id: 'tab' }, at: versionAt(18, phone) };
      const earlier = { ...byPhone, at: versionAt(17, phone) };
      await hot.takeOver({ ...takeOver, by: later });
      await hot.takeOver({ ...takeOver, by: earlier });
      expect((await read(hot)).sessions).toMatchObject([{ takenOver: later }]);
    });

    it('is told to whoever listens', async () => {
      const { hot } = subject();
      await playOnTv(hot);
      const told = new Promise<readonly string[]>((resolve) => {
        void hot
          .onChanged('demo', resolve)
          .then(() => hot.takeOver({ ...takeOver, by: { ...byPhone, at: versionAt(17, phone) } }));
      });
      expect(await told).toEqual(['sintel']);
    });

    it('is not, when nobody knows it', async () => {
      const { hot } = subject();
      const by = { ...byPhone, at: versionAt(17, phone) };
      expect(await hot.takeOver({ ...takeOver, by })).toBe(false);
      expect((await read(hot)).sessions).toEqual([]);
    });

    it('makes taking over an act of the one that takes', async () => {
      const { hot } = subject();
      await send(hot, { ...onPhone, second: 0, event: 'PAUSE', acts: 'NOW' });
      await send(hot, { ...onTv, second: 5, event: 'START', acts: 'NOW' });
      const closing = { ...onPhone, event: 'STOP' } as const;
      expect(await send(hot, { ...closing, second: 10 })).toMatchObject({ isHeld: true });
      await hot.takeOver({ ...takeOver, by: { ...byPhone, at: beatVersion(12, onPhone) } });
      expect(await send(hot, { ...closing, second: 15 })).toMatchObject({ isHeld: false });
    });
  });
}

function beatVersion(second: number, of = onTv): string {
  return beatOf({ ...of, atMs: msAt(second), sequence: second }).writes[0]!.playhead!.version;
}
