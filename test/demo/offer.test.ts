import { describe, expect, it } from '@jest/globals';
import { offerOf } from '../../demo/offer.ts';
import { playhead, versionAt } from '../client/fake-server.ts';

const tv = { id: 'tv', kind: 'TV', name: 'Living room TV' };
const here = { deviceId: 'phone', playingId: null };
const onTv = playhead({ device: tv, version: versionAt(2), positionMs: 23_000 });

describe('what a device offers to go on with', () => {
  it('is what another one stopped at last', () => {
    const older = playhead({ device: tv, version: versionAt(1), playableId: 'mov_2' });
    expect(offerOf([onTv, older], here)).toEqual({
      playhead: onTv,
      deviceName: 'Living room TV',
      isPlaying: false,
    });
  });

  it('says so while the other one still plays', () => {
    const activeSession = { id: 's', device: tv, playerState: 'PLAYING', positionMs: 23_000 };
    expect(offerOf([{ ...onTv, activeSession }], here)?.isPlaying).toBe(true);
  });

  it.each([
    ['nothing was watched', []],
    ['it is finished', [{ ...onTv, status: 'FINISHED' as const }]],
    ['it was removed from the row', [{ ...onTv, hidden: true }]],
    ['nobody’s device wrote it', [{ ...onTv, device: null }]],
    [
      'this device did something newer',
      [
        onTv,
        playhead({ device: { ...tv, id: 'phone' }, version: versionAt(3), playableId: 'mov_2' }),
      ],
    ],
  ])('is nothing when %s', (_why, playheads) => {
    expect(offerOf(playheads, here)).toBeNull();
  });

  it('is nothing while this device plays that very title', () => {
    expect(offerOf([onTv], { ...here, playingId: 'mov_1' })).toBeNull();
  });
});
