import { describe, expect, it } from '@jest/globals';
import { contentOf } from '../../client/ads.ts';
import type { AttachOptions } from '../../client/index.ts';
import { FakePlayer } from './fake-player.ts';
import { playhead, versionAt } from './fake-server.ts';
import { openRig, type Rig } from './rig.ts';

const events = ({ server }: Rig) =>
  server.heartbeats.map(({ event, positionMs }) => [event, positionMs]);

/** A media element that also says what `play` answers. */
class Element extends FakePlayer {
  override play(): Promise<void> {
    super.play();
    return Promise.resolve();
  }
}

async function attached(resume: AttachOptions['resume'] = 'never', isPreRoll = false) {
  const rig = openRig();
  rig.server.on('PlayheadOf', () => ({
    data: { viewer: { playhead: playhead({ positionMs: 60_000, version: versionAt(7) }) } },
  }));
  const element = new Element();
  const content = contentOf(element);
  if (isPreRoll) content.markAd(true);
  const attachment = rig.client.attach(content, { playableId: 'mov_1', resume });
  await attachment.ready;
  const settle = () => rig.server.settle();
  const watch = async (forMs: number) => {
    await element.watch(forMs, rig.clock);
    await settle();
  };
  return { rig, element, content, attachment, settle, watch };
}

describe('advertisements in the player of a title', () => {
  it('that are shown in its place move nothing, and are no play, pause or seek (POS-1)', async () => {
    const { rig, element, content, settle, watch } = await attached();
    void element.play();
    await watch(3_000);
    content.markAd(true);
    element.load();
    element.duration = 30;
    element.loaded();
    void element.play();
    await watch(20_000);
    element.currentTime = 25;
    await settle();
    await rig.clock.advance(400);
    element.end();
    await settle();
    expect(events(rig)).toEqual([['START', 0]]);
    expect(content.currentTime).toBe(3);

    element.load();
    element.duration = 600;
    element.ended = false;
    void element.play();
    content.markAd(false);
    element.loaded();
    await settle();
    expect(element.currentTime).toBe(3);
    await watch(2_000);
    expect(events(rig)).toEqual([
      ['START', 0],
      ['HEARTBEAT', 5_000],
    ]);
  });

  it('beside it, with the element paused, are no pause of the viewer', async () => {
    const { rig, element, content, settle, watch } = await attached();
    void element.play();
    await watch(3_000);
    content.markAd(true);
    element.pause();
    await rig.clock.advance(30_000);
    void element.play();
    content.markAd(false);
    await watch(2_000);
    expect(events(rig)).toEqual([
      ['START', 0],
      ['HEARTBEAT', 5_000],
    ]);
    element.pause();
    await settle();
    expect(events(rig).at(-1)).toEqual(['PAUSE', 5_000]);
  });

  it('before it leave it where it starts: the advertisement is not brought there', async () => {
    const { rig, element, content, settle, watch } = await attached('auto', true);
    void element.play();
    await watch(10_000);
    expect(element.currentTime).toBe(10);
    expect(events(rig)).toEqual([]);
    element.load();
    void element.play();
    content.markAd(false);
    element.loaded();
    await settle();
    await settle();
    expect(element.currentTime).toBe(60);
    expect(events(rig)).toEqual([['START', 60_000]]);
  });

  it('that a viewer pauses, or leaves, tell the position of the title', async () => {
    const { rig, element, content, attachment, settle, watch } = await attached();
    void element.play();
    await watch(3_000);
    content.markAd(true);
    element.load();
    element.loaded();
    await watch(8_000);
    rig.page.happens('hidden');
    await settle();
    attachment.detach();
    await settle();
    expect(events(rig)).toEqual([
      ['START', 0],
      ['HEARTBEAT', 3_000],
      ['STOP', 3_000],
    ]);
  });

  it('end paused where the viewer paused them', async () => {
    const { rig, element, content, settle, watch } = await attached();
    void element.play();
    await watch(3_000);
    content.markAd(true);
    element.pause();
    content.markAd(false);
    await settle();
    expect(events(rig).at(-1)).toEqual(['PAUSE', 3_000]);
    expect(content.paused).toBe(true);
  });

  it('do not hold up media that cannot be brought back to where it was', async () => {
    const { rig, element, content, settle, watch } = await attached();
    void element.play();
    await watch(3_000);
    content.markAd(true);
    element.jump(20);
    element.holdsSeeks = true;
    content.markAd(false);
    await settle();
    expect(element.currentTime).toBe(3);
    element.jump(4);
    element.finishSeek();
    await watch(2_000);
    expect(events(rig)).toEqual([
      ['START', 0],
      ['HEARTBEAT', 6_000],
    ]);
    content.close();
    element.pause();
    await settle();
    expect(events(rig).at(-1)).toEqual(['HEARTBEAT', 6_000]);
  });
});
