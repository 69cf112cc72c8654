import { beforeEach, describe, expect, it } from '@jest/globals';
import { unpackPlayhead } from '../../../domain/codec.ts';
import { deviceHash } from '../../../domain/version.ts';
import {
  filmMs,
  hourMs,
  minuteMs,
  secondMs,
  sharePlayback,
  type TestDevice,
} from '../../support/playback.ts';

const playback = sharePlayback();
let tv: TestDevice;
let phone: TestDevice;

beforeEach(async () => {
  tv = playback.device({ id: 'tv', kind: 'TV', name: 'Living room' });
  phone = playback.device({ id: 'phone', kind: 'PHONE' });
});

/** What consumers of positions are told; the rest is for the watch log. */
async function kinds(): Promise<string[]> {
  const told = (await playback.told()).map(({ kind }) => kind);
  return told.filter((kind) => kind !== 'LATE' && kind !== 'REPLACED');
}

async function keptKinds(): Promise<string[]> {
  return (await playback.told()).map(({ kind }) => kind);
}

function untilNextProgressMs(): number {
  const everyMs = 15 * secondMs;
  return everyMs - (playback.clock.nowMs() % everyMs);
}

describe('an entry', () => {
  it('tells a heartbeat whole', async () => {
    await tv.begin();
    await playback.clock.advance(secondMs);
    const { playhead } = await tv.report('PAUSE', minuteMs);
    expect(await playback.told()).toEqual([
      {
        kind: 'PAUSE',
        profileId: playback.profileId,
        title: 'film',
        version: playhead?.version,
        occurredAtMs: playback.clock.nowMs(),
        status: 'IN_PROGRESS',
        positionMs: minuteMs,
        durationMs: filmMs,
        device: { id: 'tv', kind: 'TV', name: 'Living room' },
        sessionId: tv.sessionId,
      },
    ]);
  });

  it.each([
    ['finishPlayhead', 'FINISH', { status: 'FINISHED', positionMs: minuteMs }],
    ['restartPlayhead', 'RESTART', { status: 'IN_PROGRESS', positionMs: 0 }],
    ['hidePlayhead', 'HIDE', { status: 'IN_PROGRESS', positionMs: minuteMs }],
    ['unhidePlayhead', 'UNHIDE', { status: 'IN_PROGRESS', positionMs: minuteMs }],
    ['forgetPlayhead', 'FORGET', { status: 'NOT_STARTED', positionMs: 0 }],
  ] as const)('tells %s whole, of no device', async (field, kind, expected) => {
    await tv.begin();
    await tv.report('PAUSE', minuteMs);
    const { playhead } = await playback.change(field);
    expect((await playback.told()).at(-1)).toMatchObject({
      kind,
      profileId: playback.profileId,
      title: 'film',
      version: playhead?.version,
      device: null,
      sessionId: null,
      ...expected,
    });
  });

  it('tells that everything was forgotten, for the whole profile', async () => {
    await tv.play(minuteMs);
    await playback.forgetAll();
    const { version } = await playback.playhead();
    expect((await playback.told()).at(-1)).toMatchObject({
      kind: 'FORGET_ALL',
      profileId: playback.profileId,
      title: '*',
      version,
      status: 'NOT_STARTED',
    });
  });

  it('tells hiding of a title that was never started', async () => {
    await playback.change('hidePlayhead');
    expect(await playback.told()).toMatchObject([
      { kind: 'HIDE', status: 'NOT_STARTED', positionMs: 0 },
    ]);
  });
});

describe('a session is told', () => {
  it('by what its viewer did, one entry each', async () => {
    await tv.begin();
    const events = ['START', 'PAUSE', 'PLAY', 'SEEK', 'PAUSE', 'PLAY', 'STOP'];
    for (const [index, event] of events.entries()) {
      await playback.clock.advance(secondMs);
      await tv.report(event, index * secondMs);
    }
    expect(await kinds()).toEqual(events);
  });

  it('by its progress once in 15 s, however often it reports', async () => {
    await playback.clock.advance(untilNextProgressMs());
    await tv.begin();
    for (let second = 0; second < 60; second += 1) {
      await tv.report('HEARTBEAT', second * secondMs);
      await playback.clock.advance(secondMs);
    }
    const entries = await playback.told();
    expect(entries.map(({ kind }) => kind)).toEqual(Array(4).fill('PROGRESS'));
    expect(entries.map(({ positionMs }) => positionMs / secondMs)).toEqual([0, 15, 30, 45]);
  });

  it('by the heartbeat that finished it, at once', async () => {
    await tv.begin({ creditsStartMs: hourMs });
    await tv.report('HEARTBEAT', hourMs - secondMs);
    await playback.clock.advance(secondMs);
    await tv.report('HEARTBEAT', hourMs);
    await playback.clock.advance(secondMs);
    await tv.report('HEARTBEAT', hourMs + secondMs);
    expect(await playback.told()).toMatchObject([
      { kind: 'PROGRESS', status: 'IN_PROGRESS' },
      { kind: 'PROGRESS', status: 'FINISHED', positionMs: hourMs },
    ]);
  });

  it('in order when it arrives as one batch, with the last progress of each 15 s', async () => {
    await playback.clock.advance(untilNextProgressMs());
    await tv.begin();
    const batch = [tv.observe('START', 0)];
    for (let second = 5; second <= 40; second += 5) {
      await playback.clock.advance(5 * secondMs);
      batch.push(tv.observe('HEARTBEAT', second * secondMs));
    }
    batch.push(tv.observe('STOP', 41 * secondMs));
    await tv.send(...batch);
    const entries = await playback.told();
    expect(entries.map(({ kind, positionMs }) => `${kind} ${positionMs / secondMs}`)).toEqual([
      'START 0',
      'PROGRESS 10',
      'PROGRESS 25',
      'PROGRESS 40',
      'STOP 41',
    ]);
  });
});

describe('nothing is told', () => {
  it('by a retry, of a heartbeat or of a batch', async () => {
    await tv.begin();
    const batch = [
      tv.observe('START', 0),
      tv.observe('HEARTBEAT', secondMs),
      tv.observe('PAUSE', minuteMs),
    ];
    await tv.send(...batch);
    const once = await kinds();
    await tv.send(...batch);
    await playback.clock.advance(hourMs);
    await tv.send(...batch);
    await tv.send(batch[2]!);
    expect(await kinds()).toEqual(once);
  });

  it('by what came too late', async () => {
    await tv.begin();
    const late = [tv.observe('START', 0), tv.observe('PAUSE', minuteMs)];
    await playback.clock.advance(secondMs);
    await phone.play(hourMs);
    await tv.send(...late);
    expect(await kinds()).toEqual(['START']);
  });

  it('by a heartbeat from before everything was forgotten', async () => {
    await tv.begin();
    const late = tv.observe('PAUSE', minuteMs);
    await playback.clock.advance(secondMs);
    await playback.forgetAll();
    await tv.send(late);
    expect(await kinds()).toEqual(['FORGET_ALL']);
  });

  it('by a PING, by what was refused, and by a change that was absorbed', async () => {
    await tv.begin();
    const { playhead } = await tv.report('PAUSE', minuteMs);
    await playback.clock.advance(minuteMs);
    await tv.report('PING', minuteMs);
    await tv.report('PAUSE', -1);
    await tv.report('SEEK', hourMs);
    await playback.change('hidePlayhead', { basedOn: playhead!.version });
    expect(await kinds()).toEqual(['PAUSE', 'SEEK']);
  });

  it('by beginning: a session is news when it is watched', async () => {
    await tv.begin();
    expect(await kinds()).toEqual([]);
  });
});

describe('only what is newer is told of a batch', () => {
  it('that began before, and ended after, what another device did', async () => {
    await tv.begin();
    const batch = [tv.observe('START', 0), tv.observe('PAUSE', secondMs)];
    await playback.clock.advance(secondMs);
    await phone.play(hourMs);
    await playback.clock.advance(secondMs);
    batch.push(tv.observe('SEEK', minuteMs), tv.observe('STOP', minuteMs));
    await tv.send(...batch);
    expect(await kinds()).toEqual(['START', 'SEEK', 'STOP']);
  });
});

describe('for the watch log alone is told', () => {
  it('what another session’s write took the place of, to the last heartbeat', async () => {
    await tv.play(0, 20 * secondMs);
    await playback.clock.advance(secondMs);
    await phone.play(hourMs);
    const replaced = (await playback.told()).at(-1);
    const { version } = await playback.playhead();
    expect(replaced).toMatchObject({ kind: 'REPLACED', version, sessionId: phone.sessionId });
    expect(unpackPlayhead(replaced?.registers?.playhead ?? '')).toMatchObject({
      positionMs: 20 * secondMs,
      deviceHash: deviceHash('tv'),
    });
  });

  it('what came too late, whole', async () => {
    await tv.begin();
    const late = [tv.observe('START', 0), tv.observe('PAUSE', minuteMs)];
    await playback.clock.advance(secondMs);
    await phone.play(hourMs);
    await tv.send(...late);
    expect(await keptKinds()).toEqual(['START', 'LATE', 'LATE']);
    expect((await playback.told()).at(-1)).toMatchObject({
      ...{ positionMs: minuteMs, sessionId: tv.sessionId, device: { id: 'tv' } },
    });
  });

  it('nothing of what was forgotten', async () => {
    await tv.begin();
    const late = tv.observe('PAUSE', minuteMs);
    await playback.clock.advance(secondMs);
    await phone.play(hourMs);
    await playback.clock.advance(secondMs);
    await playback.change('forgetPlayhead');
    await tv.send(late);
    await playback.clock.advance(secondMs);
    await tv.report('PLAY', minuteMs);
    expect(await keptKinds()).toEqual(['START', 'FORGET', 'PLAY']);
  });
});

describe('the stream', () => {
  it('outlives the process', async () => {
    await tv.begin();
    await tv.report('PAUSE', minuteMs);
    await playback.kill();
    expect(await kinds()).toEqual(['PAUSE']);
    await playback.clock.advance(secondMs);
    await tv.report('PLAY', minuteMs);
    expect(await kinds()).toEqual(['PAUSE', 'PLAY']);
  });
});
