import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { fenceLeadMs, fencesReadEveryMs } from '../../../domain/erasure.ts';
import {
  hourMs,
  minuteMs,
  secondMs,
  sharePlayback,
  type TestDevice,
} from '../../support/playback.ts';
import { Operator } from './erasing.ts';

const playback = sharePlayback({ writeBehindMs: 300_000 });
let operator: Operator;
let tv: TestDevice;
let phone: TestDevice;

beforeAll(async () => {
  operator = await new Operator(playback).open();
});
afterAll(() => operator.close());
beforeEach(() => {
  tv = playback.device({ id: 'tv', kind: 'TV', name: 'Living room' });
  phone = playback.device({ id: 'phone', kind: 'PHONE' });
});

const neverStarted = { status: 'NOT_STARTED', positionMs: 0, device: null, activeSession: null };

/** An evening that leaves something in every store. */
async function live(): Promise<void> {
  await tv.play(hourMs, 30 * secondMs);
  await tv.report('PAUSE', hourMs + 30 * secondMs);
  await phone.begin({ playableId: 'sequel' });
  await phone.report('START', 0);
  await playback.change('hidePlayhead', { playableId: 'trailer' });
  await operator.followStream();
}

/** Nothing is served, and nothing is exported. */
async function expectNothing(): Promise<void> {
  await operator.followStream();
  for (const title of ['film', 'sequel', 'trailer']) {
    expect(await playback.playhead(title)).toMatchObject({ ...neverStarted, hidden: false });
  }
  expect((await operator.contents()).filter(({ kind }) => kind !== 'missing')).toEqual([]);
  const { viewer } = await playback.data(
    `{ viewer { history { edges { node { playableId } } } watchSessions { edges { node { id } } } } }`,
  );
  expect(viewer).toEqual({ history: { edges: [] }, watchSessions: { edges: [] } });
}

describe('an erased profile', () => {
  it('leaves no store anything, and the record says so', async () => {
    await live();
    expect((await operator.contents()).length).toBeGreaterThan(5);
    const { erasure, faults, remains } = await operator.erase();
    expect(faults).toEqual([]);
    expect(erasure.doneAtMs).toBe(playback.clock.nowMs());
    const left = remains.filter(({ isResidue }) => !isResidue);
    expect(left).toHaveLength(5);
    for (const { found } of left) expect(found).toBe(0);
    await expectNothing();
  });

  it('is not named in its record', async () => {
    await live();
    await operator.erase();
    const records = await playback.stores.erasures.since(0);
    expect(JSON.stringify(records)).not.toContain(playback.profileId);
  });

  it('leaves every other profile as it was', async () => {
    const { profileId, guestId } = playback;
    const other = playback.device({ id: 'tv', kind: 'TV', profileId: guestId });
    await other.play(minuteMs);
    await live();
    await operator.followStream(guestId);
    const before = (await operator.contents(guestId)).filter(({ kind }) => kind !== 'missing');
    await operator.erase({ profileId });
    const after = (await operator.contents(guestId)).filter(({ kind }) => kind !== 'missing');
    expect(after).toEqual(before);
    expect(before.length).toBeGreaterThan(2);
  });

  it('refuses a late heartbeat of a session from before', async () => {
    await live();
    const late = [tv.observe('PLAY', hourMs), tv.observe('PAUSE', hourMs + minuteMs)];
    await operator.erase();
    expect(await tv.send(...late)).toMatchObject({
      outcome: 'REFUSED',
      problems: [{ code: 'SESSION_INVALID' }],
    });
    await expectNothing();
  });

  it('refuses a session that plays on, until it begins anew (SES-13)', async () => {
    await live();
    await operator.erase();
    await playback.clock.advance(minuteMs);
    expect(await tv.report('HEARTBEAT', hourMs + minuteMs)).toMatchObject({ outcome: 'REFUSED' });
    await expectNothing();
    await tv.begin();
    expect(await tv.report('START', 2 * minuteMs)).toMatchObject({ outcome: 'ACCEPTED' });
    expect(await playback.playhead()).toMatchObject({ positionMs: 2 * minuteMs });
    expect((await operator.contents()).filter(({ kind }) => kind === 'playhead')).toHaveLength(1);
  });

  it('takes no session that began while the fence was made known', async () => {
    const erasing = operator.erase();
    await tv.begin();
    await erasing;
    expect(await tv.report('START', 0)).toMatchObject({ outcome: 'REFUSED' });
    await expectNothing();
  });

  it('takes in nothing of what a device had watched offline before', async () => {
    await live();
    await operator.erase();
    await phone.begin({ playableId: 'sequel', elapsedMs: hourMs });
    const watched = { sequence: 0, event: 'START', elapsedMs: 0, positionMs: 0 };
    const stopped = { sequence: 1, event: 'STOP', elapsedMs: minuteMs, positionMs: minuteMs };
    expect(await phone.send(watched, stopped)).toMatchObject({ outcome: 'SUPERSEDED' });
    await expectNothing();
  });

  it('cannot be taken over, undone, or given away', async () => {
    await live();
    const { sessionId } = tv;
    await operator.erase();
    const data = await playback.data(
      'mutation ($input: UndoSessionInput!) { undoSession(input: $input) { problems { code } } }',
      { input: { sessionId } },
    );
    expect(data.undoSession.problems).toEqual([{ code: 'NOT_FOUND' }]);
    await expectNothing();
  });
});

describe('while a profile is erased', () => {
  it('a drain that is under way writes nothing back', async () => {
    await live();
    const { durable, clock } = playback;
    // What is dirty was taken, and reaches the durable store once all was erased.
    durable.interrupt('before', 'write', () => operator.erase());
    await clock.advance(300_000);
    await playback.drain();
    await expectNothing();
    expect((await playback.stores.durable.read(playback.profileId)).titles.size).toBe(1);
  });

  it('a hydration that read before brings nothing back', async () => {
    await live();
    await playback.drain();
    await playback.kill();
    playback.durable.interrupt('after', 'read', () => operator.erase());
    await playback.playhead();
    await expectNothing();
  });

  it('a change by hand that was decided before is decided anew', async () => {
    await live();
    playback.hot.interrupt('before', 'merge', () => operator.erase());
    const { playhead } = await playback.change('hidePlayhead', { playableId: 'film' });
    expect(playhead).toMatchObject({ positionMs: 0, status: 'NOT_STARTED' });
    expect((await operator.contents()).filter(({ kind }) => kind === 'playhead')).toMatchObject([
      { playableId: 'film', hidden: true, positionMs: 0 },
    ]);
  });

  it('a heartbeat that was accepted, and is on its way, is turned back', async () => {
    await live();
    playback.hot.interrupt('before', 'merge', () => operator.erase());
    await tv.report('PAUSE', hourMs + minuteMs);
    await playback.drain();
    await expectNothing();
  });

  it('what went past a hot store that was away is not given back to it', async () => {
    await live();
    playback.hot.isDown = true;
    expect(await tv.report('PAUSE', hourMs + minuteMs)).toMatchObject({ durability: 'DURABLE' });
    const { erasure, faults } = await operator.erase();
    expect(faults.map(({ store }) => store)).toEqual(['hot store']);
    expect(erasure.doneAtMs).toBeNull();
    playback.hot.isDown = false;
    expect((await operator.erase()).erasure).toMatchObject({ receipt: erasure.receipt });
    await playback.clock.advance(10 * secondMs);
    await playback.drain();
    await expectNothing();
  });

  it('a hot store inside the server is erased by the server, once it has heard of the fence', async () => {
    await live();
    const { erasure } = await operator.erase({ isBeside: true });
    expect(erasure.doneAtMs).not.toBeNull();
    expect(fenceLeadMs).toBeGreaterThan(2 * fencesReadEveryMs);
    await playback.drain();
    await expectNothing();
  });

  it('a process that starts afterwards knows it at once', async () => {
    await live();
    const late = tv.observe('PAUSE', 2 * hourMs);
    await playback.drain();
    await operator.erase();
    await playback.kill();
    expect(await tv.send(late)).toMatchObject({ outcome: 'REFUSED' });
    await expectNothing();
  });
});
