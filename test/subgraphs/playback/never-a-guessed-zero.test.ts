import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  hourMs,
  minuteMs,
  playheadFields,
  secondMs,
  sharePlayback,
  type TestDevice,
} from '../../support/playback.ts';

const playback = sharePlayback();
let tv: TestDevice;

beforeEach(async () => {
  tv = playback.device({ id: 'tv', kind: 'TV' });
  await tv.begin();
  await tv.report('PAUSE', hourMs);
});

/** Nothing of any profile is in the hot store, and the durable one does not answer. */
async function loseBoth(): Promise<void> {
  await playback.kill();
  playback.durable.isDown = true;
}

const unavailable = (...path: (string | number)[]) => ({
  path,
  extensions: { code: 'STATE_UNAVAILABLE', retryable: true, retryAfterMs: expect.any(Number) },
});

describe('a title of which nobody can say anything', () => {
  beforeEach(loseBoth);

  it.each([
    ['playhead', 'playhead(playableId: "film") { positionMs }'],
    ['playheads', 'playheads(playableIds: ["film", "other-film"]) { positionMs }'],
    ['inProgress', 'inProgress { edges { node { positionMs } } }'],
    ['history', 'history { edges { node { positionMs } } }'],
  ])('is null and STATE_UNAVAILABLE in viewer.%s', async (field, selection) => {
    const { data, errors } = await playback.ask(`{ viewer { id ${selection} } }`);
    expect(data).toEqual({ viewer: { id: expect.any(String), [field]: null } });
    expect(errors).toMatchObject([unavailable('viewer', field)]);
  });

  it('is null and STATE_UNAVAILABLE in Playable.playhead (RES-1)', async () => {
    const { data, errors } = await playback.ask(`{ _entities(representations: [
      { __typename: "Playable", id: "film" }]) { ... on Playable { id playhead { positionMs } } } }`);
    expect(data).toEqual({ _entities: [{ id: 'film', playhead: null }] });
    expect(errors).toMatchObject([unavailable('_entities', 0, 'playhead')]);
  });

  it.each(['finish', 'restart', 'hide', 'unhide', 'forget'])(
    'is not changed by hand: %sPlayhead',
    async (verb) => {
      const { data, errors } = await playback.ask(
        `mutation { ${verb}Playhead(input: { playableId: "film" }) { problems { code } } }`,
      );
      expect(data).toEqual({ [`${verb}Playhead`]: null });
      expect(errors).toMatchObject([unavailable(`${verb}Playhead`)]);
    },
  );

  it('is not forgotten with all others', async () => {
    const { errors } = await playback.ask('mutation { forgetAllPlayheads { forgottenAt } }');
    expect(errors).toMatchObject([unavailable('forgetAllPlayheads')]);
  });

  it('is known again the moment the durable store is back', async () => {
    playback.durable.isDown = false;
    expect(await playback.playhead()).toMatchObject({
      positionMs: hourMs,
      freshness: { source: 'HOT', degraded: false },
    });
  });
});

describe('a session that begins while both stores are out of reach', () => {
  it('gets a token without a playhead, and is recorded (SES-10)', async () => {
    await loseBoth();
    const phone = playback.device({ id: 'phone', kind: 'PHONE' });
    const begun = await phone.begin();
    expect(begun).toMatchObject({ playhead: null, stale: false, problems: [] });
    expect(begun.session).toEqual(expect.any(String));
    expect(await phone.report('PAUSE', minuteMs)).toMatchObject({
      outcome: 'ACCEPTED',
      durability: 'HOT',
      playhead: { positionMs: minuteMs, freshness: { source: 'HOT', degraded: true } },
    });
  });

  it('gets a token even if the hot store does not answer at all', async () => {
    playback.hot.isDown = true;
    playback.durable.isDown = true;
    const begun = await tv.begin();
    expect(begun).toMatchObject({ playhead: null, otherSessions: null, problems: [] });
    expect(begun.session).toEqual(expect.any(String));
  });

  it('loses nothing that is in neither store’s reach: both are merged when they are back', async () => {
    await loseBoth();
    const phone = playback.device({ id: 'phone', kind: 'PHONE' });
    await phone.begin();
    await playback.clock.advance(secondMs);
    await phone.report('HEARTBEAT', minuteMs);
    playback.durable.isDown = false;
    expect(await playback.playhead()).toMatchObject({
      positionMs: minuteMs,
      freshness: { degraded: false },
    });
  });

  it('does not hide with its late heartbeat what the durable store holds', async () => {
    // Breaks: hot memory lost, durable store away while an old heartbeat arrives. Holds: newest wins.
    const phone = playback.device({ id: 'phone', kind: 'PHONE' });
    await phone.begin({ elapsedMs: hourMs });
    await loseBoth();
    await phone.send({ sequence: 0, event: 'PAUSE', elapsedMs: 0, positionMs: minuteMs });
    expect(await playback.playhead()).toMatchObject({
      positionMs: minuteMs,
      freshness: { degraded: true },
    });
    playback.durable.isDown = false;
    expect(await playback.playhead()).toMatchObject({
      positionMs: hourMs,
      freshness: { degraded: false },
    });
  });
});

describe('one store out of reach', () => {
  it('the hot one: the durable one answers, flagged', async () => {
    playback.hot.isDown = true;
    expect(await playback.playhead()).toMatchObject({
      positionMs: hourMs,
      device: { id: 'tv' },
      freshness: { source: 'DURABLE', degraded: true },
    });
    expect((await tv.begin()).playhead).toMatchObject({ positionMs: hourMs });
  });

  it('the hot one: never started is still a playhead', async () => {
    playback.hot.isDown = true;
    expect(await playback.playhead('other-film')).toMatchObject({
      status: 'NOT_STARTED',
      freshness: { source: 'DURABLE', degraded: true },
    });
  });

  it('the hot one: who is playing is unknown, which is not nobody', async () => {
    playback.hot.isDown = true;
    const { viewer } = await playback.data('{ viewer { activeSessions { id } } }');
    expect(viewer.activeSessions).toBeNull();
    expect((await tv.begin()).otherSessions).toBeNull();
  });

  it('the hot one: what was forgotten altogether stays forgotten', async () => {
    await playback.forgetAll();
    playback.hot.isDown = true;
    expect(await playback.playhead()).toMatchObject({ status: 'NOT_STARTED', positionMs: 0 });
  });

  it('the durable one: a warm profile does not notice', async () => {
    await playback.playhead();
    playback.durable.isDown = true;
    expect(await playback.playhead()).toMatchObject({
      positionMs: hourMs,
      freshness: { source: 'HOT', degraded: false },
    });
    expect((await playback.playhead('other-film')).status).toBe('NOT_STARTED');
  });
});

describe('one title that nobody can read', () => {
  it('never fails its neighbours', async () => {
    await playback.kill();
    playback.durable.isDown = true;
    await tv.begin({ playableId: 'known' });
    await tv.report('HEARTBEAT', minuteMs);
    const { data, errors } = await playback.ask(`{ viewer {
      known: playhead(playableId: "known") { ${playheadFields} }
      film: playhead(playableId: "film") { id } } }`);
    expect(data.viewer).toMatchObject({ known: { positionMs: minuteMs }, film: null });
    expect(errors).toMatchObject([unavailable('viewer', 'film')]);
  });
});
