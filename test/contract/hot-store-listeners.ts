import { describe, expect, it } from '@jest/globals';
import type { PlaybackEvent } from '../../domain/heartbeat.ts';
import { floorTitle } from '../../domain/playhead.ts';
import { until } from '../support/until.ts';
import { merge, type OpenHotStore, put, read } from './hot-subject.ts';
import { eachTime } from './subject.ts';
import { forgottenAt, hiddenAt, msAt, nothing, playheadAt, tv } from './writes.ts';

/** Written last: what was told before it is all there was to tell. */
const lastTitle = 'the-end';

export function describeListeners(open: OpenHotStore): void {
  describe('a listener', () => {
    const subject = eachTime(open);
    let lastSecond = 1_000;
    /** What a listener of `demo` is told while `act` runs. */
    const toldDuring = async (act: () => Promise<unknown>): Promise<string[][]> => {
      const { hot } = subject();
      const told: string[][] = [];
      const stop = await hot.onChanged('demo', (titles) => told.push([...titles]));
      await act();
      lastSecond += 1;
      await put(hot, { title: lastTitle, playhead: playheadAt(lastSecond) });
      await until(() => told.at(-1)?.includes(lastTitle), { what: 'the last title is told' });
      await stop();
      return told.slice(0, -1);
    };

    it('is told the titles that rose, each once', async () => {
      const { hot } = subject();
      const told = await toldDuring(async () => {
        await put(hot, { title: 'sintel', playhead: playheadAt(1), visibility: hiddenAt(1) });
        await merge(hot, {
          writes: ['sintel', 'spring'].map((title) => ({
            title,
            playhead: playheadAt(2),
            visibility: null,
          })),
        });
      });
      expect(told).toEqual([['sintel'], ['sintel', 'spring']]);
    });

    it('is told nothing of what was repeated or superseded', async () => {
      const { hot } = subject();
      await put(hot, { playhead: playheadAt(5) });
      const told = await toldDuring(async () => {
        await put(hot, { playhead: playheadAt(5) });
        await put(hot, { playhead: playheadAt(1), visibility: null });
        await merge(hot, { device: tv });
      });
      expect(told).toEqual([]);
    });

    it('is told `*` when the floor rose', async () => {
      const { hot } = subject();
      const told = await toldDuring(() =>
        put(hot, { title: floorTitle, playhead: forgottenAt(5) }),
      );
      expect(told).toEqual([[floorTitle]]);
    });

    it('is told of its own profile only', async () => {
      const { hot } = subject();
      const told = await toldDuring(() => put(hot, { profileId: 'kids', playhead: playheadAt(1) }));
      expect(told).toEqual([]);
    });

    it('finds what it was told when it reads', async () => {
      const { hot } = subject();
      const seen: unknown[] = [];
      const stop = await hot.onChanged('demo', (titles) => {
        const reading = read(hot, { titles });
        void reading.then((profile) => seen.push(profile.titles.get('sintel')?.playhead));
      });
      await put(hot, { playhead: playheadAt(7) });
      await until(() => seen.length > 0, { what: 'the listener has read' });
      expect(seen).toEqual([playheadAt(7)]);
      await stop();
    });

    it('is told no more once it stopped, while another one is', async () => {
      const { hot } = subject();
      const stopped: string[] = [];
      const stop = await hot.onChanged('demo', (titles) => stopped.push(...titles));
      const stopAgain = await hot.onChanged('demo', (titles) => stopped.push(...titles));
      await stop();
      await stop();
      await stopAgain();
      const told = await toldDuring(() => put(hot, { playhead: playheadAt(1) }));
      expect(told).toEqual([['sintel']]);
      expect(stopped).toEqual([]);
    });

    it('is told with the others of its profile', async () => {
      const { hot } = subject();
      const other: string[] = [];
      const stop = await hot.onChanged('demo', (titles) => other.push(...titles));
      await toldDuring(() => put(hot, { playhead: playheadAt(1) }));
      await until(() => other.includes(lastTitle), { what: 'the other listener is told too' });
      expect(other).toEqual(['sintel', lastTitle]);
      await stop();
    });

    describe('of who is playing', () => {
      const report = (
        event: PlaybackEvent,
        second: number,
        { sequence = second, arrivesAt = second } = {},
      ) =>
        merge(subject().hot, {
          nowMs: msAt(arrivesAt),
          writes: [{ title: 'sintel', ...nothing }],
          presence: {
            sessionId: 'evening',
            title: 'sintel',
            device: tv,
            event,
            positionMs: second * 1_000,
            startedAtMs: msAt(0),
            receivedAtMs: msAt(second),
            sequence,
            actedAt: null,
          },
        });

      it('is told when a session begins, pauses and ends, and not of each heartbeat', async () => {
        expect(await toldDuring(() => report('START', 1))).toEqual([['sintel']]);
        expect(await toldDuring(() => report('HEARTBEAT', 6))).toEqual([]);
        expect(await toldDuring(() => report('PAUSE', 11))).toEqual([['sintel']]);
        expect(await toldDuring(() => report('PING', 16))).toEqual([]);
        expect(await toldDuring(() => report('PLAY', 21))).toEqual([['sintel']]);
        expect(await toldDuring(() => report('STOP', 26))).toEqual([['sintel']]);
      });

      it('is told when a session that had fallen silent is back', async () => {
        await report('START', 1);
        expect(await toldDuring(() => report('HEARTBEAT', 6))).toEqual([]);
        expect(await toldDuring(() => report('HEARTBEAT', 600))).toEqual([['sintel']]);
      });

      it('is told nothing by a report that comes late', async () => {
        await report('PLAY', 20);
        expect(await toldDuring(() => report('PAUSE', 21, { sequence: 19 }))).toEqual([]);
      });

      it('is told nothing by a repeated report of a session that has fallen silent', async () => {
        await report('PLAY', 20);
        expect(await toldDuring(() => report('PLAY', 20, { arrivesAt: 600 }))).toEqual([]);
      });
    });
  });
}
