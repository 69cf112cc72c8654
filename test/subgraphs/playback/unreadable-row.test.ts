import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { floorTitle } from '../../../domain/playhead.ts';
import { versionZero } from '../../../domain/version.ts';
import { hourMs, sharePlayback, type TestDevice } from '../../support/playback.ts';

const playback = sharePlayback();
let tv: TestDevice;

beforeEach(async () => {
  tv = playback.device({ id: 'tv', kind: 'TV' });
  for (const playableId of ['film', 'other-film']) {
    await tv.begin({ playableId });
    await tv.report('PAUSE', hourMs);
  }
});

/** What a later release might have written, and no hot store that knows better. */
const laterValue = `${versionZero}!of-a-later-release`;

async function spoil(title: string): Promise<void> {
  await playback.kill();
  const database = new DatabaseSync(join(playback.config.DATA_DIR, 'playback.db'));
  database
    .prepare('INSERT OR REPLACE INTO register (profile_id, title, kind, packed) VALUES (?,?,?,?)')
    .run(playback.profileId, title, 'playhead', laterValue);
  database.close();
}

const unavailable = { extensions: { code: 'STATE_UNAVAILABLE', retryable: true } };
const positions = 'edges { node { playableId positionMs } }';

describe('a title whose row cannot be read', () => {
  beforeEach(() => spoil('film'));

  it('is unknown, again and again, and never "not started"', async () => {
    for (let time = 0; time < 2; time += 1) {
      const { data, errors } = await playback.ask(
        '{ viewer { playhead(playableId: "film") { positionMs } } }',
      );
      expect(data.viewer).toEqual({ playhead: null });
      expect(errors).toMatchObject([unavailable]);
    }
  });

  it('keeps no other title from being shown and listed', async () => {
    expect(await playback.playhead('other-film')).toMatchObject({ positionMs: hourMs });
    expect(await playback.playhead('new-film')).toMatchObject({ status: 'NOT_STARTED' });
    const { viewer } = await playback.data(`{ viewer { inProgress { ${positions} } } }`);
    expect(viewer.inProgress.edges).toMatchObject([{ node: { playableId: 'other-film' } }]);
  });

  it('is recorded all the same, and known again from the first durable write on', async () => {
    await tv.begin({ playableId: 'film' });
    expect(await tv.report('PAUSE', 2 * hourMs)).toMatchObject({
      outcome: 'ACCEPTED',
      durability: 'DURABLE',
    });
    expect(await playback.playhead()).toMatchObject({ positionMs: 2 * hourMs });
  });

  it('is not changed by hand, nor is any other: nobody can say after what', async () => {
    for (const playableId of ['film', 'other-film']) {
      const { errors } = await playback.ask(
        'mutation ($id: ID!) { finishPlayhead(input: { playableId: $id }) { problems { code } } }',
        { id: playableId },
      );
      expect(errors).toMatchObject([unavailable]);
    }
  });
});

describe('a floor that cannot be read', () => {
  it('makes every title unknown: all of them may have been forgotten', async () => {
    await spoil(floorTitle);
    for (const field of [
      'playhead(playableId: "film") { positionMs }',
      `history { ${positions} }`,
    ]) {
      const { errors } = await playback.ask(`{ viewer { ${field} } }`);
      expect(errors).toMatchObject([unavailable]);
    }
  });
});
