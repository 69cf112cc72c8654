import { beforeEach, describe, expect, it } from '@jest/globals';
import { versionZero } from '../../../domain/version.ts';
import {
  hourMs,
  minuteMs,
  secondMs,
  sharePlayback,
  type TestDevice,
} from '../../support/playback.ts';

const playback = sharePlayback();
/** Was at ten minutes when it was left alone. */
let tab: TestDevice;
/** Went on to fifty. */
let phone: TestDevice;
let seenByTab: string;
const tabAtMs = 10 * minuteMs;
const inForceMs = 50 * minuteMs;

beforeEach(async () => {
  tab = playback.device({ id: 'tab', kind: 'WEB' });
  phone = playback.device({ id: 'phone', kind: 'PHONE' });
  const { playhead } = await tab.play(tabAtMs);
  seenByTab = playhead?.version ?? '';
  await playback.clock.advance(minuteMs);
  await phone.play(inForceMs);
  await playback.clock.advance(minuteMs);
});

describe('a session that started from an older playhead', () => {
  it('is told so when it begins, and where the profile really is', async () => {
    const begun = await tab.begin({ basedOn: seenByTab });
    expect(begun).toMatchObject({ stale: true, playhead: { positionMs: inForceMs }, problems: [] });
    expect(begun.session).toEqual(expect.any(String));
  });

  it.each(['START', 'HEARTBEAT', 'BUFFER', 'STOP', 'PING', 'FINISH'])(
    'moves nothing by %s',
    async (event) => {
      await tab.begin({ basedOn: seenByTab });
      expect(await tab.report(event, tabAtMs)).toMatchObject({
        outcome: 'SUPERSEDED',
        durability: 'NONE',
        problems: [],
        playhead: { positionMs: inForceMs, device: { id: 'phone' } },
      });
    },
  );

  it.each(['PLAY', 'SEEK', 'PAUSE'])('takes over by %s: its viewer is there', async (event) => {
    await tab.begin({ basedOn: seenByTab });
    await tab.report('START', tabAtMs);
    expect(await tab.report(event, tabAtMs + secondMs)).toMatchObject({
      outcome: 'ACCEPTED',
      playhead: { positionMs: tabAtMs + secondMs, device: { id: 'tab' } },
    });
  });

  it('does not take over by a PAUSE that is its first word: it was opened paused (STL-3)', async () => {
    await tab.begin({ basedOn: seenByTab });
    expect((await tab.report('PAUSE', tabAtMs)).outcome).toBe('SUPERSEDED');
    expect((await playback.playhead()).positionMs).toBe(inForceMs);
  });

  it('goes on by plain heartbeats once its viewer acted, whoever wrote in between', async () => {
    await tab.begin({ basedOn: seenByTab });
    await tab.report('START', tabAtMs);
    await tab.report('PLAY', tabAtMs);
    await playback.clock.advance(5 * secondMs);
    await phone.report('HEARTBEAT', inForceMs + minuteMs);
    await playback.clock.advance(5 * secondMs);
    expect(await tab.report('HEARTBEAT', tabAtMs + 10 * secondMs)).toMatchObject({
      outcome: 'ACCEPTED',
      playhead: { device: { id: 'tab' } },
    });
  });

  it('goes on after it acted too late to move anything: the act is remembered', async () => {
    await tab.begin({ basedOn: seenByTab });
    const acts = [tab.observe('START', tabAtMs), tab.observe('PLAY', tabAtMs)];
    await playback.clock.advance(secondMs);
    await phone.report('HEARTBEAT', inForceMs);
    expect((await tab.send(...acts)).outcome).toBe('SUPERSEDED');
    await playback.clock.advance(5 * secondMs);
    expect((await tab.report('HEARTBEAT', tabAtMs)).outcome).toBe('ACCEPTED');
  });

  it('stays held back as long as nobody acts there, heartbeat after heartbeat', async () => {
    await tab.begin({ basedOn: seenByTab });
    for (let heartbeat = 0; heartbeat < 10; heartbeat += 1) {
      await playback.clock.advance(5 * secondMs);
      expect((await tab.report('HEARTBEAT', tabAtMs + heartbeat)).outcome).toBe('SUPERSEDED');
    }
    expect(await playback.playhead()).toMatchObject({ positionMs: inForceMs });
  });

  it('tells the event stream nothing, for it moved nothing', async () => {
    const before = await playback.told();
    await tab.begin({ basedOn: seenByTab });
    await tab.send(tab.observe('START', tabAtMs), tab.observe('STOP', tabAtMs));
    expect(await playback.told()).toEqual(before);
  });

  it('is seen as a session that is alive all the same', async () => {
    await tab.begin({ basedOn: seenByTab });
    await tab.report('HEARTBEAT', tabAtMs);
    const { viewer } = await playback.data('{ viewer { activeSessions { id device { id } } } }');
    expect(viewer.activeSessions).toEqual([{ id: tab.sessionId, device: { id: 'tab' } }]);
  });
});

describe('near the position in force', () => {
  it.each([
    ['30 s behind', -30 * secondMs, 'ACCEPTED'],
    ['30 s ahead', 30 * secondMs, 'ACCEPTED'],
    ['1 ms further behind', -30 * secondMs - 1, 'SUPERSEDED'],
    ['1 ms further ahead', 30 * secondMs + 1, 'SUPERSEDED'],
  ])('a stale start does no harm: %s', async (_where, awayMs, outcome) => {
    await tab.begin({ basedOn: seenByTab });
    expect((await tab.report('HEARTBEAT', inForceMs + awayMs)).outcome).toBe(outcome);
  });

  it('a session is let in for good: it then holds the playhead', async () => {
    await tab.begin({ basedOn: seenByTab });
    for (let step = 0; step <= 4; step += 1) {
      await playback.clock.advance(20 * secondMs);
      const recorded = await tab.report('HEARTBEAT', inForceMs + step * 20 * secondMs);
      expect(recorded.outcome).toBe('ACCEPTED');
    }
  });
});

describe('a stale session’s batch', () => {
  it('counts from the act on', async () => {
    await tab.begin({ basedOn: seenByTab });
    const recorded = await tab.send(
      tab.observe('START', tabAtMs),
      tab.observe('HEARTBEAT', tabAtMs),
      tab.observe('SEEK', hourMs),
      tab.observe('HEARTBEAT', hourMs + secondMs),
    );
    expect(recorded).toMatchObject({
      outcome: 'ACCEPTED',
      durability: 'DURABLE',
      playhead: { positionMs: hourMs + secondMs },
    });
  });

  it('ends where its heartbeats end one by one', async () => {
    await tab.begin({ basedOn: seenByTab });
    const batch = [];
    for (let step = 0; step <= 4; step += 1) {
      await playback.clock.advance(20 * secondMs);
      batch.push(tab.observe('HEARTBEAT', inForceMs + step * 20 * secondMs));
    }
    expect(await tab.send(...batch)).toMatchObject({
      outcome: 'ACCEPTED',
      playhead: { positionMs: inForceMs + 80 * secondMs },
    });
  });

  it('is not let in by a moment when it was near, before what is in force happened', async () => {
    await tab.begin({ basedOn: seenByTab });
    const near = tab.observe('HEARTBEAT', inForceMs);
    await playback.clock.advance(minuteMs);
    await phone.report('HEARTBEAT', inForceMs + secondMs);
    await playback.clock.advance(minuteMs);
    const recorded = await tab.send(near, tab.observe('HEARTBEAT', hourMs));
    expect(recorded).toMatchObject({
      outcome: 'SUPERSEDED',
      playhead: { positionMs: inForceMs + secondMs },
    });
  });
});

describe('a session is not stale', () => {
  it.each([
    ['the playhead in force', () => phone.report('HEARTBEAT', inForceMs)],
    ['the answer to beginSession', async () => null],
  ])('when it started from %s', async (_what, seen) => {
    const basedOn = (await seen())?.playhead?.version ?? null;
    const begun = await tab.begin({ basedOn });
    expect(begun.stale).toBe(false);
    expect((await tab.report('HEARTBEAT', tabAtMs)).outcome).toBe('ACCEPTED');
  });

  it('when its title was never started', async () => {
    const other = { playableId: 'other-film' };
    expect((await tab.begin({ ...other, basedOn: versionZero })).stale).toBe(false);
    expect((await tab.begin({ ...other, basedOn: seenByTab })).stale).toBe(false);
  });

  it('when what is newer is its own: it begins again', async () => {
    const { playhead } = await tab.report('HEARTBEAT', tabAtMs);
    await playback.clock.advance(5 * secondMs);
    await tab.report('HEARTBEAT', hourMs);
    const again = { sessionId: tab.sessionId, basedOn: playhead?.version };
    expect((await tab.begin(again)).stale).toBe(false);
  });

  it('only because somebody wrote after it began: that is for versions to settle', async () => {
    const { playhead } = await phone.report('HEARTBEAT', inForceMs);
    expect((await tab.begin({ basedOn: playhead?.version })).stale).toBe(false);
    await playback.clock.advance(5 * secondMs);
    await phone.report('HEARTBEAT', inForceMs + minuteMs);
    await playback.clock.advance(5 * secondMs);
    expect((await tab.report('HEARTBEAT', tabAtMs)).outcome).toBe('ACCEPTED');
  });

  it('but stale when it thinks that nothing was ever started', async () => {
    expect((await tab.begin({ basedOn: versionZero })).stale).toBe(true);
  });

  it('by what a hidden card shows: hiding is no newer position', async () => {
    const { playhead } = await phone.report('HEARTBEAT', inForceMs);
    await playback.change('hidePlayhead');
    expect((await tab.begin({ basedOn: playhead?.version })).stale).toBe(false);
  });
});

describe('staleness is judged on what is known', () => {
  it('after the hot store lost its memory, too: at the begin', async () => {
    await phone.report('PAUSE', inForceMs);
    await playback.kill();
    expect(await tab.begin({ basedOn: seenByTab })).toMatchObject({
      stale: true,
      playhead: { positionMs: inForceMs },
    });
  });

  it('after the hot store lost its memory, too: at the heartbeat', async () => {
    await phone.report('PAUSE', inForceMs);
    await tab.begin({ basedOn: seenByTab });
    await playback.kill();
    expect((await tab.report('HEARTBEAT', tabAtMs)).outcome).toBe('SUPERSEDED');
  });

  it('and waits, retryably, while nobody can say what is in force', async () => {
    // Breaks: hot memory and durable store at once. Holds: the tab moves nothing it could not see.
    await phone.report('PAUSE', inForceMs);
    await tab.begin({ basedOn: seenByTab });
    await playback.kill();
    playback.durable.isDown = true;
    const heartbeat = tab.observe('HEARTBEAT', tabAtMs);
    await expect(tab.send(heartbeat)).rejects.toThrow('STATE_UNAVAILABLE');
    playback.durable.isDown = false;
    expect(await tab.send(heartbeat)).toMatchObject({
      outcome: 'SUPERSEDED',
      playhead: { positionMs: inForceMs },
    });
  });

  it('and never keeps a viewer waiting who acts', async () => {
    await phone.report('PAUSE', inForceMs);
    await tab.begin({ basedOn: seenByTab });
    const start = tab.observe('START', tabAtMs);
    await playback.kill();
    playback.durable.isDown = true;
    expect(await tab.send(start, tab.observe('PLAY', tabAtMs))).toMatchObject({
      outcome: 'ACCEPTED',
      durability: 'HOT',
    });
  });
});

describe('a second television left on pause', () => {
  it('pings for half an hour and never moves the playhead', async () => {
    const tv = playback.device({ id: 'tv', kind: 'TV' });
    await tv.begin();
    await tv.report('PAUSE', tabAtMs);
    await playback.clock.advance(secondMs);
    const { playhead } = await phone.report('HEARTBEAT', inForceMs);
    for (let ping = 0; ping < 30; ping += 1) {
      await playback.clock.advance(minuteMs);
      expect((await tv.report('PING', tabAtMs)).outcome).toBe('SUPERSEDED');
    }
    expect((await playback.playhead()).version).toBe(playhead?.version);
  });
});
