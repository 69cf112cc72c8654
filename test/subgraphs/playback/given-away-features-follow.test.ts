import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Play } from '../../../domain/play.ts';
import { createLog } from '../../../runtime/log.ts';
import { openEmbeddedViewingStore } from '../../../stores/embedded/viewing.ts';
import type { ViewingStore } from '../../../stores/viewing-store.ts';
import { type Consumer, createConsumer } from '../../../subgraphs/recommendations/consume.ts';
import { hourMs, minuteMs, secondMs, sharePlayback } from '../../support/playback.ts';

const playback = sharePlayback();
let viewings: ViewingStore;
let consumer: Consumer;
let kids: string;

beforeEach(() => {
  viewings = openEmbeddedViewingStore({ path: ':memory:' });
  const log = createLog({ level: 'silent', part: 'test' });
  const { subgraph, clock } = playback;
  consumer = createConsumer({ events: subgraph.events, viewings, clock, log });
  kids = `${playback.profileId}-kids`;
  playback.shareAccount(playback.profileId, kids);
});
afterEach(async () => {
  await consumer.close();
  await viewings.close();
});

async function reassign(sessionId: string): Promise<void> {
  const query = `mutation ($input: ReassignSessionInput!) {
    reassignSession(input: $input) { problems { code } } }`;
  const data = await playback.data(query, { input: { sessionId, profileId: kids } });
  expect(data.reassignSession.problems).toEqual([]);
}

/** What a row goes by: where each title is, and what was played. */
async function learned(profileId: string) {
  const [viewing] = await viewings.recent({ profileId, limit: 1 });
  const { status, positionMs, device } = viewing?.position ?? {};
  return { at: viewing?.position ? { status, positionMs, device } : null, plays: await plays() };

  async function plays(): Promise<Pick<Play, 'deviceKind' | 'positionMs' | 'isFinished'>[]> {
    return (await viewings.plays(profileId)).map(
      ({ deviceKind, positionMs: atMs, isFinished }) => ({
        ...{ deviceKind, positionMs: atMs, isFinished },
      }),
    );
  }
}

const onTv = { deviceKind: 'TV', positionMs: hourMs, isFinished: false };

describe('the features of both profiles', () => {
  it('follow a session that is given away', async () => {
    const tv = playback.device({ id: 'tv', kind: 'TV' });
    await tv.play(0, 20 * secondMs);
    await tv.report('STOP', hourMs);
    await consumer.start();
    expect(await learned(playback.profileId)).toMatchObject({ plays: [onTv] });
    await playback.clock.advance(minuteMs);
    await reassign(tv.sessionId);
    await playback.clock.advance(secondMs);
    expect(await learned(playback.profileId)).toEqual({ at: null, plays: [] });
    expect(await learned(kids)).toEqual({
      at: { status: 'IN_PROGRESS', positionMs: hourMs, device: { kind: 'TV', name: null } },
      plays: [onTv],
    });
  });

  it('count what was played also where it is not the latest, or was late itself', async () => {
    const phone = playback.device({ id: 'phone', kind: 'PHONE' });
    await phone.begin();
    const late = [phone.observe('START', 0), phone.observe('PAUSE', minuteMs)];
    const tv = playback.device({ id: 'tv', kind: 'TV' });
    await playback.clock.advance(secondMs);
    await tv.play(0, 20 * secondMs);
    await tv.report('STOP', hourMs);
    await phone.send(...late);
    const theirs = playback.device({ id: 'tablet', kind: 'TABLET', profileId: kids });
    await playback.clock.advance(secondMs);
    await theirs.play(2 * minuteMs);
    await playback.clock.advance(minuteMs);
    await reassign(tv.sessionId);
    await reassign(phone.sessionId);
    await consumer.start();
    expect((await learned(playback.profileId)).at).toBeNull();
    expect(await learned(kids)).toEqual({
      at: expect.objectContaining({ positionMs: 2 * minuteMs }),
      plays: [
        { deviceKind: 'PHONE', positionMs: minuteMs, isFinished: false },
        onTv,
        { deviceKind: 'TABLET', positionMs: 2 * minuteMs, isFinished: false },
      ],
    });
  });
});
