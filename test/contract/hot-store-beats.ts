import { describe, expect, it } from '@jest/globals';
import { floorTitle } from '../../domain/playhead.ts';
import { deviceHash, partitionOf } from '../../domain/version.ts';
import {
  appended,
  dirtyOf,
  hydrate,
  merge,
  type OpenHotStore,
  put,
  read,
  settleAll,
  stateOf,
} from './hot-subject.ts';
import { eachTime } from './subject.ts';
import { type Beat, beatOf, forgottenAt, hiddenAt, msAt, phone, tv } from './writes.ts';

/** A player that begins and plays on, five seconds a report: what nearly every merge is. */
export function describeBeats(open: OpenHotStore): void {
  describe('a session that plays on', () => {
    const subject = eachTime(open);
    const beat = (count: number, differing: Partial<Beat> = {}) => {
      const request = beatOf({ atMs: msAt(5 * count), sequence: count, ...differing });
      return subject().hot.merge(request);
    };
    const play = async (beats: number, differing: Partial<Beat> = {}) => {
      await beat(0, { event: 'START', ...differing });
      for (let count = 1; count <= beats; count += 1) await beat(count, differing);
    };
    const written = (count: number, differing: Partial<Beat> = {}) =>
      beatOf({ atMs: msAt(5 * count), sequence: count, ...differing }).writes[0]!.playhead;

    it('answers each position that it met, and the visibility that its beginning wrote', async () => {
      await beat(0, { event: 'START' });
      const [begun] = beatOf({ atMs: msAt(0), sequence: 0, event: 'START' }).writes;
      for (let count = 1; count < 9; count += 1) {
        const visibility = begun!.visibility;
        expect(await beat(count)).toEqual({
          kind: 'merged',
          floor: null,
          isHeld: false,
          titles: [
            {
              title: 'sintel',
              before: { playhead: written(count - 1), visibility },
              after: { playhead: written(count), visibility },
            },
          ],
        });
      }
      expect(await stateOf(subject().hot)).toEqual({
        playhead: written(8),
        visibility: begun!.visibility,
      });
    });

    it('changes nothing when a report is repeated or comes late', async () => {
      await play(4);
      const before = await read(subject().hot);
      await beat(4);
      await beat(2);
      expect(await read(subject().hot)).toEqual(before);
    });

    it('of reports with one sequence counts the first', async () => {
      await play(3);
      await beat(4, { atMs: msAt(20), sequence: 4 });
      await beat(5, { atMs: msAt(25), sequence: 4 });
      const { sessions } = await read(subject().hot);
      expect(sessions).toMatchObject([{ sequence: 4, lastHeartbeatAtMs: msAt(20) }]);
      expect(await stateOf(subject().hot)).toMatchObject({ playhead: written(5) });
    });

    it('is one dirty title, and dirty again after each drain', async () => {
      const { hot } = subject();
      await play(3);
      for (const count of [4, 6]) {
        expect(await dirtyOf(hot)).toMatchObject([{ title: 'sintel', devices: [tv] }]);
        await settleAll(hot, await dirtyOf(hot));
        expect(await dirtyOf(hot)).toEqual([]);
        await beat(count);
        await beat(count + 1);
      }
      expect(await dirtyOf(hot)).toMatchObject([{ sinceMs: msAt(30), playhead: written(7) }]);
    });

    it('is dirty again after it was set aside for an operator', async () => {
      const { hot } = subject();
      await play(3);
      const partition = partitionOf('demo', hot.partitions);
      await hot.quarantine({ partition, profileId: 'demo', title: 'sintel' });
      await beat(4);
      expect(await hot.backlog(partition)).toMatchObject({ dirty: 1, quarantined: 0 });
      expect(await dirtyOf(hot)).toMatchObject([{ sinceMs: msAt(20), playhead: written(4) }]);
    });

    it('tells the event stream once in a quarter of a minute', async () => {
      await play(9);
      expect((await appended(subject())).map(({ occurredAtMs }) => occurredAtMs)).toEqual(
        [0, 3, 6, 9].map((count) => msAt(5 * count)),
      );
      expect((await appended(subject())).at(-1)).toEqual(
        beatOf({ atMs: msAt(45), sequence: 9 }).transitions[0]!.transition,
      );
    });

    it('answers the floor that came between', async () => {
      await play(3);
      const floor = forgottenAt(17);
      await put(subject().hot, { title: floorTitle, playhead: floor });
      expect(await beat(4)).toMatchObject({ floor });
      expect(await beat(5)).toMatchObject({ floor });
      expect((await read(subject().hot)).floor).toEqual(floor);
    });

    it('answers the floor that a comparison brought', async () => {
      await play(3);
      const floor = forgottenAt(17);
      await hydrate(subject().hot, { titles: { [floorTitle]: { playhead: floor } } });
      expect(await beat(4)).toMatchObject({ floor });
    });

    it('leaves hidden what was hidden by hand', async () => {
      await play(3);
      await put(subject().hot, { visibility: hiddenAt(17) });
      for (const count of [4, 5]) {
        expect(await beat(count)).toMatchObject({
          titles: [{ after: { playhead: written(count), visibility: hiddenAt(17) } }],
        });
      }
      expect(await stateOf(subject().hot)).toMatchObject({ visibility: hiddenAt(17) });
    });

    it('goes on from what a comparison brought', async () => {
      const { hot } = subject();
      await play(3);
      const elsewhere = { device: phone, sessionId: 'elsewhere' };
      const playhead = written(4, elsewhere);
      await hydrate(hot, { titles: { sintel: { playhead, visibility: hiddenAt(18) } } });
      expect(await beat(5)).toMatchObject({
        titles: [{ before: { playhead, visibility: hiddenAt(18) } }],
      });
    });

    it('takes turns with another session of the title', async () => {
      const onPhone = { device: phone, sessionId: 'on-phone' };
      await play(3);
      await beat(3.5, { ...onPhone, sequence: 0, event: 'START', acts: 'NOW' });
      for (const count of [4, 5, 6]) {
        await beat(count);
        const between = { ...onPhone, atMs: msAt(5 * count + 2) };
        expect(await beat(count, between)).toMatchObject({
          titles: [{ before: { playhead: written(count) } }],
          isHeld: false,
        });
      }
      const { titles, sessions, devices } = await read(subject().hot);
      expect(titles.get('sintel')!.playhead!.deviceHash).toBe(deviceHash(phone.id));
      expect(sessions.map(({ sequence }) => sequence)).toEqual([6, 6]);
      expect([...devices.values()]).toEqual(expect.arrayContaining([tv, phone]));
    });

    it('describes its device again when another session described it differently', async () => {
      const bedroom = { ...tv, name: 'Bedroom' };
      await play(3);
      await beat(3.5, { device: bedroom, sessionId: 'other', title: 'spring', sequence: 0 });
      expect((await read(subject().hot)).devices.get(deviceHash(tv.id))).toEqual(bedroom);
      await beat(4);
      expect((await read(subject().hot)).devices.get(deviceHash(tv.id))).toEqual(tv);
      const { sessions } = await read(subject().hot);
      expect(sessions.map(({ device }) => device)).toEqual(expect.arrayContaining([tv, bedroom]));
    });

    it('remembers that its viewer acted', async () => {
      await play(2);
      await beat(3, { event: 'PLAY', acts: 'NOW' });
      const [{ actedAt } = { actedAt: null }] = (await read(subject().hot)).sessions;
      expect(actedAt).not.toBeNull();
      for (const count of [4, 5, 6]) await beat(count);
      expect((await read(subject().hot)).sessions).toMatchObject([{ sequence: 6, actedAt }]);
    });

    it('that changes title and device under its id is what it was said to be last', async () => {
      await play(3);
      await beat(4, { title: 'spring', device: phone });
      await beat(5, { title: 'spring', device: phone });
      expect((await read(subject().hot)).sessions).toMatchObject([
        { title: 'spring', device: phone, sequence: 5 },
      ]);
    });

    it('begins anew in a profile that was evicted', async () => {
      const { hot, evict } = subject();
      await play(3);
      await settleAll(hot, await dirtyOf(hot));
      await evict();
      expect(await beat(4)).toMatchObject({ titles: [{ before: { playhead: null } }] });
      expect(await beat(5)).toMatchObject({ titles: [{ before: { playhead: written(4) } }] });
      expect(await dirtyOf(hot)).toMatchObject([{ playhead: written(5), devices: [tv] }]);
    });

    it('finishes, and what is offered after that is news by its status', async () => {
      await play(3);
      await beat(4, { status: 'FINISHED' });
      await beat(5, { status: 'FINISHED' });
      await beat(6, { atMs: msAt(26) });
      const told = (await appended(subject())).slice(-2);
      expect(told.map(({ status }) => status)).toEqual(['FINISHED', 'IN_PROGRESS']);
    });

    it('is judged by the position in force when a change by hand comes between', async () => {
      const { hot } = subject();
      await play(3);
      await hydrate(hot, {});
      const conditional = (version: string) =>
        merge(hot, {
          nowMs: msAt(16),
          writes: [{ title: 'sintel', playhead: forgottenAt(16), visibility: null }],
          onlyIf: { title: 'sintel', version, floorVersion: '0'.repeat(24) },
        });
      expect(await conditional(written(2)!.version)).toEqual({ kind: 'conflict' });
      expect(await conditional(written(3)!.version)).toMatchObject({ kind: 'merged' });
      expect(await beat(4)).toMatchObject({ titles: [{ before: { playhead: forgottenAt(16) } }] });
    });
  });
}
