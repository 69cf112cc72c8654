import { afterEach, describe, expect, it } from '@jest/globals';
import { minuteMs, secondMs, sharePlayback } from '../../support/playback.ts';
import { type Follower, follow } from './follow.ts';

const playback = sharePlayback();
let follower: Follower;

afterEach(() => follower.leave());

async function reader(): Promise<void> {
  follower = await follow(playback);
  await follower.next();
}

describe('a playhead is pushed though its version stays', () => {
  it('when an older observation than a change by hand moves its position (LIVE-5)', async () => {
    const tv = playback.device();
    await tv.begin();
    await tv.report('PAUSE', minuteMs);
    await playback.clock.advance(10 * secondMs);
    const late = tv.observe('SEEK', 2 * minuteMs);
    await playback.clock.advance(10 * secondMs);
    const { playhead } = await playback.change('hidePlayhead');
    await reader();
    expect(await tv.send(late)).toMatchObject({ outcome: 'ACCEPTED' });
    expect((await follower.next()).playheads).toMatchObject([
      { version: playhead?.version, positionMs: 2 * minuteMs, hidden: true },
    ]);
    expect(await follower.isQuiet()).toBe(true);
  });

  it('when its device has another name', async () => {
    const tv = playback.device({ name: 'TV' });
    await tv.begin();
    await tv.report('PAUSE', minuteMs);
    await playback.clock.advance(secondMs);
    await reader();
    const renamed = playback.device({ name: 'Kitchen' });
    await renamed.begin();
    await renamed.report('PING', minuteMs);
    expect((await follower.next()).playheads).toMatchObject([{ device: { name: 'Kitchen' } }]);
    expect(await follower.isQuiet()).toBe(true);
  });
});

describe('a playhead is not pushed again', () => {
  it('when only time passed: its rewind and the age of what it says grow without a word', async () => {
    const tv = playback.device();
    await tv.begin();
    await tv.report('PAUSE', minuteMs);
    await reader();
    await playback.clock.advance(10 * minuteMs);
    await tv.report('PING', minuteMs);
    expect(await follower.isQuiet()).toBe(true);
  });
});
