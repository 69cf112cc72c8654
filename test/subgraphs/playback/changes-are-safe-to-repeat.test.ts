import { beforeEach, describe, expect, it } from '@jest/globals';
import { versionZero } from '../../../domain/version.ts';
import {
  type ChangeByHand,
  hourMs,
  minuteMs,
  secondMs,
  sharePlayback,
  type TestDevice,
} from '../../support/playback.ts';

const fields: ChangeByHand[] = [
  'finishPlayhead',
  'restartPlayhead',
  'hidePlayhead',
  'unhidePlayhead',
  'forgetPlayhead',
];

const playback = sharePlayback();
let tv: TestDevice;
let phone: TestDevice;

beforeEach(async () => {
  tv = playback.device({ id: 'tv', kind: 'TV' });
  phone = playback.device({ id: 'phone', kind: 'PHONE' });
});

describe.each(fields)('%s', (field) => {
  it('based on what is in force applies, and repeated changes nothing more', async () => {
    await tv.play(minuteMs);
    const basedOn = (await playback.playhead()).version;
    const first = await playback.change(field, { basedOn });
    expect(first.problems).toEqual([]);
    expect(first.playhead!.version > basedOn).toBe(true);
    const again = await playback.change(field, { basedOn });
    expect(again.problems).toEqual([]);
    expect(again.playhead?.version).toBe(first.playhead?.version);
  });

  it('queued while somebody went on is absorbed: the newer playhead is the answer', async () => {
    await tv.play(minuteMs);
    const basedOn = (await playback.playhead()).version;
    await playback.clock.advance(secondMs);
    const newer = await phone.play(hourMs);
    const { playhead, problems } = await playback.change(field, { basedOn });
    expect(problems).toEqual([]);
    expect(playhead).toMatchObject({
      version: newer.playhead?.version,
      positionMs: hourMs,
      status: 'IN_PROGRESS',
      hidden: false,
    });
  });

  it('based on a title that was never started applies to it', async () => {
    const { playhead } = await playback.change(field, { basedOn: versionZero });
    expect(playhead!.version > versionZero).toBe(true);
    const again = await playback.change(field, { basedOn: versionZero });
    expect(again.playhead?.version).toBe(playhead?.version);
  });

  it('based on nothing applies to whatever is in force', async () => {
    await tv.play(minuteMs);
    await playback.clock.advance(secondMs);
    const newer = await phone.play(hourMs);
    const { playhead } = await playback.change(field);
    expect(playhead!.version > newer.playhead!.version).toBe(true);
  });

  it('is decided anew when a heartbeat comes between: nothing newer is overwritten unseen', async () => {
    await tv.play(minuteMs);
    const basedOn = (await playback.playhead()).version;
    playback.hot.interrupt('before', 'merge', async () => {
      await playback.clock.advance(secondMs);
      await tv.report('HEARTBEAT', hourMs);
    });
    const { playhead } = await playback.change(field, { basedOn });
    expect(playhead).toMatchObject({ positionMs: hourMs, status: 'IN_PROGRESS', hidden: false });
  });

  it('without a base is decided anew as well, and then applies above the heartbeat', async () => {
    await tv.play(minuteMs);
    let between: string | undefined;
    playback.hot.interrupt('before', 'merge', async () => {
      const { playhead } = await tv.report('HEARTBEAT', hourMs, { elapsedMs: 5 * secondMs });
      between = playhead?.version;
    });
    const { playhead } = await playback.change(field);
    expect(playhead!.version > between!).toBe(true);
    expect(playback.hot.calls('merge')).toBeGreaterThanOrEqual(3);
    const late = await tv.report('HEARTBEAT', minuteMs, { elapsedMs: 5 * secondMs - 1 });
    expect(late.playhead?.version).toBe(playhead?.version);
  });

  it('is decided anew when everything was forgotten in between', async () => {
    await tv.play(hourMs);
    const basedOn = (await playback.playhead()).version;
    playback.hot.interrupt('before', 'merge', () => playback.forgetAll());
    const { playhead } = await playback.change(field, { basedOn });
    expect(playhead).toMatchObject({ status: 'NOT_STARTED', positionMs: 0, hidden: false });
  });

  it('gives up, retryably, when it is overtaken again and again', async () => {
    await tv.play(minuteMs);
    let elapsedMs = 0;
    const overtake = async () => {
      playback.hot.interrupt('before', 'merge', async () => undefined);
      elapsedMs += 1;
      await tv.report('HEARTBEAT', minuteMs, { elapsedMs });
      playback.hot.interrupt('before', 'merge', overtake);
    };
    playback.hot.interrupt('before', 'merge', overtake);
    const { data, errors } = await playback.ask(
      `mutation { ${field}(input: { playableId: "film" }) { problems { code } } }`,
    );
    expect(data).toEqual({ [field]: null });
    expect(errors).toMatchObject([
      { extensions: { code: 'STATE_UNAVAILABLE', retryable: true, retryAfterMs: 1_000 } },
    ]);
  });
});

describe('two changes by hand at once', () => {
  it('both apply, one after the other', async () => {
    await tv.play(hourMs);
    const [finished, hidden] = await Promise.all([
      playback.change('finishPlayhead'),
      playback.change('hidePlayhead'),
    ]);
    expect(finished.problems).toEqual([]);
    expect(hidden.problems).toEqual([]);
    expect(await playback.playhead()).toMatchObject({ status: 'FINISHED', hidden: true });
  });

  it('based on the same playhead: one of them applies', async () => {
    await tv.play(hourMs);
    const basedOn = (await playback.playhead()).version;
    await Promise.all([
      playback.change('finishPlayhead', { basedOn }),
      playback.change('restartPlayhead', { basedOn }),
    ]);
    const { status, positionMs } = await playback.playhead();
    expect([
      { status: 'FINISHED', positionMs: hourMs },
      { status: 'IN_PROGRESS', positionMs: 0 },
    ]).toContainEqual({ status, positionMs });
  });

  it('in one millisecond have versions of their own, each later than the last', async () => {
    const versions = [];
    for (const field of [...fields, ...fields]) {
      versions.push((await playback.change(field)).playhead!.version);
    }
    expect(new Set(versions).size).toBe(versions.length);
    expect(versions.toSorted()).toEqual(versions);
  });
});

describe('forgetting everything', () => {
  it('is decided anew when it was forgotten in between', async () => {
    await tv.play(hourMs);
    playback.hot.interrupt('before', 'merge', () => playback.forgetAll());
    const second = await playback.forgetAll();
    const { version } = await playback.playhead();
    expect(version.slice(0, 13)).toBe(String(new Date(second.forgottenAt).getTime()));
  });

  it('leaves a heartbeat that comes in between in force if it is newer', async () => {
    await tv.play(minuteMs);
    await phone.begin();
    playback.hot.interrupt('before', 'merge', async () => {
      await playback.clock.advance(secondMs);
      await phone.report('HEARTBEAT', hourMs);
    });
    await playback.forgetAll();
    expect(await playback.playhead()).toMatchObject({
      positionMs: hourMs,
      device: { id: 'phone' },
    });
  });
});
