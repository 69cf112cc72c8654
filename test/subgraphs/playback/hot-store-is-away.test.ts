// What breaks: the hot store. How: every call to it fails, as if it were killed or could not be reached.
// What must still hold: intents are durable, progress is kept every few seconds, nothing that was
// acknowledged is lost or goes back, and the hot store learns of all of it once it answers.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { minuteMs, secondMs, sharePlayback, type TestDevice } from '../../support/playback.ts';

const playback = sharePlayback();
let tv: TestDevice;

beforeEach(async () => {
  // The breaker of the test before is closed again.
  await playback.clock.advance(2 * secondMs);
  tv = playback.device();
});

/** Up again, and noticed: whatever is owed is merged. */
async function repaired(): Promise<void> {
  playback.hot.isDown = false;
  await playback.clock.advance(2 * secondMs);
}

describe('while the hot store is away', () => {
  it('an intent is durable before its answer', async () => {
    await tv.begin();
    playback.hot.isDown = true;
    const paused = await tv.report('PAUSE', minuteMs);
    expect(paused).toMatchObject({ outcome: 'ACCEPTED', durability: 'DURABLE', problems: [] });
    expect(paused.playhead).toMatchObject({
      positionMs: minuteMs,
      freshness: { source: 'DURABLE', degraded: true },
    });
    await playback.kill();
    expect((await playback.playhead()).positionMs).toBe(minuteMs);
  });

  it('plain progress is stored once in five seconds, and the rest is the player’s to keep (ACK-5)', async () => {
    await tv.play(0);
    playback.hot.isDown = true;
    playback.durable.forgetCalls();
    const answers = [];
    for (let second = 1; second <= 11; second += 1) {
      await playback.clock.advance(secondMs);
      answers.push(await tv.report('HEARTBEAT', second * secondMs));
    }
    expect(playback.durable.calls('write')).toBe(3);
    const stored = answers.filter(({ durability }) => durability === 'DURABLE');
    expect(stored.map(({ playhead }) => playhead?.positionMs)).toEqual([
      secondMs,
      6 * secondMs,
      11 * secondMs,
    ]);
    const held = answers.filter(({ durability }) => durability === 'NONE');
    expect(held).toHaveLength(8);
    for (const answer of held) {
      expect(answer).toMatchObject({ outcome: 'REFUSED', problems: [], playhead: null });
    }
  });

  it('one title’s turn is not another’s, and no intent waits for one', async () => {
    const phone = playback.device({ id: 'phone', kind: 'PHONE' });
    await tv.play(0);
    await phone.begin({ playableId: 'other-film' });
    playback.hot.isDown = true;
    expect((await tv.report('HEARTBEAT', secondMs)).durability).toBe('DURABLE');
    expect((await phone.report('HEARTBEAT', secondMs)).durability).toBe('DURABLE');
    await playback.clock.advance(secondMs);
    expect((await tv.report('HEARTBEAT', 2 * secondMs)).durability).toBe('NONE');
    expect((await tv.report('SEEK', minuteMs)).durability).toBe('DURABLE');
  });

  it('an older activity is superseded by what is durable', async () => {
    const phone = playback.device({ id: 'phone', kind: 'PHONE' });
    await phone.begin();
    const late = phone.observe('PAUSE', minuteMs);
    await playback.clock.advance(secondMs);
    await tv.begin();
    playback.hot.isDown = true;
    await tv.report('PAUSE', 9 * minuteMs);
    expect(await phone.send(late)).toMatchObject({
      outcome: 'SUPERSEDED',
      durability: 'DURABLE',
      playhead: { positionMs: 9 * minuteMs },
    });
  });

  it('a forgotten tab is judged against what is durable', async () => {
    const { playhead } = await tv.play(minuteMs);
    await playback.clock.advance(minuteMs);
    await tv.report('PAUSE', 30 * minuteMs);
    playback.hot.isDown = true;
    const tab = playback.device({ id: 'tab', kind: 'WEB' });
    await tab.begin({ basedOn: playhead!.version });
    expect((await tab.report('HEARTBEAT', 2 * minuteMs)).outcome).toBe('SUPERSEDED');
    expect((await playback.playhead()).positionMs).toBe(30 * minuteMs);
    expect((await tab.report('SEEK', 2 * minuteMs)).outcome).toBe('ACCEPTED');
  });

  it('a PING moves nothing, stores nothing, and learns who is playing', async () => {
    await tv.begin();
    await tv.report('PAUSE', minuteMs);
    playback.hot.isDown = true;
    expect(await tv.report('PING', minuteMs)).toMatchObject({
      outcome: 'DUPLICATE',
      durability: 'NONE',
    });
  });

  it('a session begins where the durable store says', async () => {
    await tv.begin();
    await tv.report('PAUSE', 5 * minuteMs);
    playback.hot.isDown = true;
    const phone = playback.device({ id: 'phone', kind: 'PHONE' });
    expect(await phone.begin()).toMatchObject({
      session: expect.any(String),
      otherSessions: null,
      playhead: { positionMs: 5 * minuteMs, freshness: { source: 'DURABLE', degraded: true } },
    });
  });

  it.each([
    ['finishPlayhead', { status: 'FINISHED' }],
    ['restartPlayhead', { status: 'IN_PROGRESS', positionMs: 0 }],
    ['hidePlayhead', { hidden: true, positionMs: minuteMs }],
    ['forgetPlayhead', { status: 'NOT_STARTED' }],
  ] as const)('%s is made in the durable store, and hot once that is back', async (field, made) => {
    await tv.begin();
    await tv.report('PAUSE', minuteMs);
    playback.hot.isDown = true;
    expect((await playback.change(field)).playhead).toMatchObject(made);
    await repaired();
    expect(await playback.playhead()).toMatchObject({
      ...made,
      freshness: { source: 'HOT', degraded: false },
    });
    await playback.kill();
    expect(await playback.playhead()).toMatchObject(made);
  });

  it('everything can be forgotten', async () => {
    await tv.begin();
    await tv.report('PAUSE', minuteMs);
    playback.hot.isDown = true;
    await playback.forgetAll();
    expect((await playback.playhead()).status).toBe('NOT_STARTED');
    await repaired();
    expect((await playback.playhead()).status).toBe('NOT_STARTED');
  });
});

describe('when the hot store is back', () => {
  it('it has what was written past it, under a mark that was valid all the time', async () => {
    await tv.play(0);
    expect((await playback.playhead()).freshness).toMatchObject({ source: 'HOT' });
    playback.hot.isDown = true;
    await tv.report('PAUSE', 9 * minuteMs);
    playback.hot.isDown = false;
    // Already before anything was merged: this process knows what it wrote.
    await playback.clock.advance(secondMs);
    expect((await playback.playhead()).positionMs).toBe(9 * minuteMs);
    await playback.clock.advance(secondMs);
    playback.durable.isDown = true;
    expect(await playback.playhead()).toMatchObject({
      positionMs: 9 * minuteMs,
      freshness: { source: 'HOT', degraded: false },
    });
  });

  it('the event stream is told, once, of what happened meanwhile', async () => {
    await tv.play(0);
    playback.hot.isDown = true;
    await tv.report('PAUSE', minuteMs);
    await playback.clock.advance(secondMs);
    await tv.report('PLAY', minuteMs);
    await playback.clock.advance(secondMs);
    await tv.report('STOP', 2 * minuteMs);
    await repaired();
    const kinds = (await playback.told()).map(({ kind }) => kind);
    expect(kinds).toEqual(['START', 'PAUSE', 'PLAY', 'STOP']);
  });

  it('nobody goes on asking once nothing is owed', async () => {
    await tv.play(0);
    playback.hot.isDown = true;
    await tv.report('PAUSE', minuteMs);
    await repaired();
    await playback.clock.advance(minuteMs);
    playback.hot.forgetCalls();
    await playback.clock.advance(10 * secondMs);
    expect(playback.hot.calls('identity')).toBe(0);
  });
});

describe('while it does not answer at all', () => {
  it('one reader finds out, the others need not, and it is looked for each second', async () => {
    await tv.begin();
    playback.hot.isDown = true;
    await playback.playhead();
    playback.hot.forgetCalls();
    for (let time = 0; time < 20; time += 1) await playback.playhead();
    expect(playback.hot.calls('read')).toBe(0);
    for (let second = 1; second <= 3; second += 1) {
      playback.hot.forgetCalls();
      await playback.clock.advance(secondMs);
      expect(playback.hot.calls('identity')).toBeGreaterThan(0);
    }
    playback.hot.isDown = false;
    await playback.clock.advance(2 * secondMs);
    expect((await playback.playhead()).freshness).toMatchObject({ source: 'HOT', degraded: false });
  });

  it('it is asked to take writes five times, then not before a second is over', async () => {
    await tv.begin();
    playback.hot.isDown = true;
    for (let time = 0; time < 20; time += 1) await tv.report('PAUSE', minuteMs + time);
    expect(playback.hot.calls('merge') + playback.hot.calls('identity')).toBe(5);
    playback.hot.isDown = false;
    await playback.clock.advance(2 * secondMs);
    expect(await tv.report('PLAY', 2 * minuteMs)).toMatchObject({
      durability: 'HOT',
      playhead: { freshness: { source: 'HOT', degraded: false } },
    });
  });
});

describe('with both stores away', () => {
  it('nothing is acknowledged, a session begins all the same, and all is well afterwards', async () => {
    playback.hot.isDown = true;
    playback.durable.isDown = true;
    expect(await tv.begin()).toMatchObject({ session: expect.any(String), playhead: null });
    const heartbeats = [tv.observe('PAUSE', minuteMs)];
    const variables = { input: { session: tv.session, heartbeats } };
    const { data, errors } = await playback.ask(
      'mutation ($input: RecordHeartbeatsInput!) { recordHeartbeats(input: $input) { outcome } }',
      variables,
    );
    expect(data).toEqual({ recordHeartbeats: null });
    expect(errors[0]?.extensions).toMatchObject({
      code: 'STATE_UNAVAILABLE',
      retryable: true,
      retryAfterMs: 1_000,
    });
    playback.durable.isDown = false;
    await repaired();
    expect(await tv.send(...heartbeats)).toMatchObject({
      outcome: 'ACCEPTED',
      durability: 'DURABLE',
      playhead: { positionMs: minuteMs, freshness: { source: 'HOT', degraded: false } },
    });
  });
});
