import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  dayMs,
  hourMs,
  minuteMs,
  secondMs,
  sharePlayback,
  type TestDevice,
} from '../../support/playback.ts';

const playback = sharePlayback();
let tv: TestDevice;
let phone: TestDevice;

beforeEach(() => {
  tv = playback.device({ id: 'tv', kind: 'TV', name: 'Living room' });
  phone = playback.device({ id: 'phone', kind: 'PHONE' });
});

const fields = `positionMs resumePositionMs resumeReason device { id } alternative {
  sessionId positionMs resumePositionMs updatedAt ageMs device { id name kind } }`;

async function whereToGoOn(playableId = 'film') {
  const query = `query ($playableId: ID!) { viewer { playhead(playableId: $playableId) { ${fields} } } }`;
  return (await playback.data(query, { playableId })).viewer.playhead;
}

/** The television was at an hour; the phone went on at ten minutes, a minute later. */
async function parted(): Promise<void> {
  await tv.play(hourMs);
  await tv.report('PAUSE', hourMs);
  await playback.clock.advance(minuteMs);
  await phone.play(10 * minuteMs);
}

describe('when two devices are far apart in a title', () => {
  it('the other one is named, with its position and age', async () => {
    await parted();
    await playback.clock.advance(5 * minuteMs);
    const heardAtMs = playback.clock.nowMs() - 6 * minuteMs;
    expect(await whereToGoOn()).toMatchObject({
      ...{ positionMs: 10 * minuteMs, device: { id: 'phone' } },
      alternative: {
        sessionId: tv.sessionId,
        device: { id: 'tv', name: 'Living room', kind: 'TV' },
        ...{ positionMs: hourMs, resumePositionMs: hourMs - 10 * secondMs },
        ...{ updatedAt: new Date(heardAtMs).toISOString(), ageMs: 6 * minuteMs },
      },
    });
  });

  it('it is in the answer to beginSession, where a player starts', async () => {
    await parted();
    const tablet = playback.device({ id: 'tablet' });
    await tablet.begin();
    const { beginSession } = await playback.data(
      `mutation ($input: BeginSessionInput!) { beginSession(input: $input) { playhead { ${fields} } } }`,
      {
        input: { playableId: 'film', sessionId: 'again', deviceId: 'tablet', deviceKind: 'TV' },
      },
    );
    expect(beginSession.playhead.alternative).toMatchObject({ device: { id: 'tv' } });
  });

  it('it is there long after its session is over', async () => {
    await parted();
    await playback.clock.advance(12 * hourMs);
    expect(await whereToGoOn()).toMatchObject({ alternative: { positionMs: hourMs } });
  });

  it('it counts where the viewer went though it moved nothing: it is closed at last, overtaken', async () => {
    await parted();
    await playback.clock.advance(30 * minuteMs);
    await tv.report('STOP', hourMs + 30 * minuteMs);
    expect(await whereToGoOn()).toMatchObject({
      positionMs: 10 * minuteMs,
      alternative: { positionMs: hourMs + 30 * minuteMs, ageMs: 0 },
    });
  });

  it('of several the one heard of last is named', async () => {
    await parted();
    await playback.clock.advance(secondMs);
    await playback.device({ id: 'tablet', kind: 'TABLET' }).play(30 * minuteMs);
    expect(await whereToGoOn()).toMatchObject({ alternative: { device: { id: 'phone' } } });
  });
});

describe('no other place is named', () => {
  it.each([
    ['a minute apart', minuteMs, null],
    ['a little more', minuteMs + 1, { device: { id: 'tv' } }],
  ])('when devices are %s, they are at one place or not', async (_what, apartMs, expected) => {
    await tv.play(hourMs);
    await playback.clock.advance(secondMs);
    await phone.play(hourMs - apartMs);
    const { alternative } = await whereToGoOn();
    if (expected === null) expect(alternative).toBeNull();
    else expect(alternative).toMatchObject(expected);
  });

  it('when it is the same device that was somewhere else', async () => {
    await tv.play(hourMs);
    await tv.report('STOP', hourMs);
    await playback.clock.advance(secondMs);
    await tv.play(minuteMs);
    expect((await whereToGoOn()).alternative).toBeNull();
  });

  it('when it is of another title', async () => {
    await tv.play(hourMs);
    await phone.begin({ playableId: 'other-film' });
    await phone.report('START', 0);
    expect((await whereToGoOn()).alternative).toBeNull();
  });

  it('when nobody knows any more: it is never guessed', async () => {
    await parted();
    await playback.drain();
    await playback.kill();
    expect(await whereToGoOn()).toMatchObject({ positionMs: 10 * minuteMs, alternative: null });
  });

  it.each(['forgetPlayhead', 'forget all'] as const)(
    'of what was forgotten by %s, also when it is played again',
    async (how) => {
      await parted();
      await playback.clock.advance(secondMs);
      if (how === 'forget all') await playback.forgetAll();
      else await playback.change('forgetPlayhead');
      expect((await whereToGoOn()).alternative).toBeNull();
      await playback.clock.advance(secondMs);
      await phone.play(minuteMs);
      expect(await whereToGoOn()).toMatchObject({ positionMs: minuteMs, alternative: null });
    },
  );

  it('against a position that was set by hand', async () => {
    await parted();
    await playback.change('restartPlayhead');
    expect((await whereToGoOn()).alternative).toBeNull();
  });
});

describe('the age of the other place', () => {
  it('decides how far it is rewound, and never below its start', async () => {
    await tv.play(10 * secondMs);
    await tv.report('STOP', 10 * secondMs);
    await playback.clock.advance(dayMs / 2);
    await phone.play(hourMs);
    expect(await whereToGoOn()).toMatchObject({
      alternative: { positionMs: 10 * secondMs, resumePositionMs: 0, ageMs: dayMs / 2 },
    });
  });
});
