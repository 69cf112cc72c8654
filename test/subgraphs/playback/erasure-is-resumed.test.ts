import { appendFileSync, copyFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { reapplyFences } from '../../../subgraphs/playback/erase-profile.ts';
import {
  describeErasure,
  describeRemains,
  runErase,
  runReapply,
  runVerify,
} from '../../../subgraphs/playback/profile-cli.ts';
import { Faults, type Weather } from '../../support/faulty.ts';
import { hourMs, minuteMs, secondMs, sharePlayback } from '../../support/playback.ts';
import { Operator } from './erasing.ts';

const playback = sharePlayback({ writeBehindMs: 300_000 });
let operator: Operator;

beforeAll(async () => {
  operator = await new Operator(playback).open();
});
afterAll(() => operator.close());

async function live(): Promise<void> {
  const tv = playback.device({ id: 'tv', kind: 'TV', name: 'Living room' });
  await tv.play(hourMs, 30 * secondMs);
  await tv.report('PAUSE', hourMs + minuteMs);
  await operator.followStream();
}

async function expectNothing(): Promise<void> {
  expect(await playback.playhead()).toMatchObject({ status: 'NOT_STARTED', positionMs: 0 });
  expect((await operator.contents()).filter(({ kind }) => kind !== 'missing')).toEqual([]);
}

const steps = [
  'durable erase',
  'hot erase',
  'watchLog erase',
  'viewings erase',
  'durable read',
  'hot read',
  'watchLog read',
];

describe('an erasure that was cut short', () => {
  it.each(
    steps.flatMap((step) => [
      ['did not reach', step] as const,
      ['lost the answer of', step] as const,
    ]),
  )('because it %s %s stays PENDING, and goes on under its receipt', async (how, step) => {
    await live();
    const faults = new Faults();
    if (how === 'did not reach') faults.fail(({ method }) => method === step);
    else faults.loseAnswers(({ method }) => method === step);
    const first = await operator.erase({ faults });
    expect(first.erasure.doneAtMs).toBeNull();
    faults.heal();
    const second = await operator.erase({ faults });
    expect(second.erasure.receipt).toBe(first.erasure.receipt);
    expect(second.erasure.doneAtMs).not.toBeNull();
    await expectNothing();
  });

  it.each(['erasures put', 'durable erase', 'hot erase', 'watchLog erase', 'viewings erase'])(
    'by the end of its process, after %s, is finished by another',
    async (step) => {
      await live();
      const died = Promise.withResolvers<void>();
      const dying: Weather = {
        async after({ method }) {
          if (method !== step) return;
          died.resolve();
          // Nothing after this step ever happens.
          await new Promise(() => {});
        },
      };
      void operator.erase({ faults: dying });
      await died.promise;
      const { erasure } = await operator.erase();
      expect(erasure.doneAtMs).not.toBeNull();
      const profileKey = operator.deps().keyOf(playback.profileId);
      const records = await playback.stores.erasures.since(0);
      expect(records.filter((one) => one.profileKey === profileKey)).toEqual([erasure]);
      await expectNothing();
    },
  );

  it('erases nothing when its record cannot be kept', async () => {
    await live();
    const faults = new Faults();
    faults.fail(({ method }) => method === 'erasures put');
    await expect(operator.erase({ faults })).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    expect(await playback.playhead()).toMatchObject({ status: 'IN_PROGRESS' });
  });

  it('covers also what was watched between the two attempts', async () => {
    await live();
    const faults = new Faults();
    faults.fail(({ method }) => method === 'viewings erase');
    await operator.erase({ faults });
    await playback.clock.advance(hourMs);
    await live();
    await operator.erase();
    await expectNothing();
  });
});

describe('a backup that is put back', () => {
  /** The files as they are, to be put back while no process runs. */
  function backup(): { restore(): Promise<void> } {
    const { DATA_DIR } = playback.config;
    const files = readdirSync(DATA_DIR).filter((file) => /^(playback|watch-log)\.db$/.test(file));
    for (const file of files) {
      const database = new DatabaseSync(join(DATA_DIR, file));
      database.exec(`VACUUM INTO '${join(DATA_DIR, `${file}.backup-${playback.profileId}`)}'`);
      database.close();
    }
    expect(files.sort()).toEqual(['playback.db', 'watch-log.db']);
    return {
      async restore() {
        await playback.stores.durable.close();
        await playback.stores.watchLog.close();
        for (const file of files) {
          writeFileSync(join(DATA_DIR, `${file}-wal`), '');
          copyFileSync(
            join(DATA_DIR, `${file}.backup-${playback.profileId}`),
            join(DATA_DIR, file),
          );
        }
        await playback.kill();
      },
    };
  }

  it('is erased again by the list of erasures, and so is an old hash of the hot store', async () => {
    await live();
    await playback.drain();
    await playback.data('{ viewer { watchSessions { edges { node { id } } } } }');
    const saved = backup();
    const { guestId } = playback;
    await playback.device({ id: 'tv', kind: 'TV', profileId: guestId }).play(minuteMs);
    await operator.erase();
    await saved.restore();
    // As a process that serves before the fences were applied again would show it.
    expect(await playback.playhead()).toMatchObject({ status: 'IN_PROGRESS' });
    const { profileIds, faults } = await reapplyFences(operator.deps());
    expect(profileIds).toContain(playback.profileId);
    expect(profileIds).not.toContain(guestId);
    expect(faults).toEqual([]);
    await expectNothing();
    // And once more, by whoever starts next.
    await playback.kill();
    await expectNothing();
  });

  it('is found by the verification first', async () => {
    await live();
    await playback.drain();
    const saved = backup();
    await operator.erase();
    const told: string[] = [];
    const print = (line: string) => void told.push(line);
    await runVerify(operator.deps(), playback.profileId, print);
    expect(told.at(-1)).toMatch(/^DONE {2}receipt /);
    await saved.restore();
    await expect(runVerify(operator.deps(), playback.profileId, print)).rejects.toThrow(
      'Something is left',
    );
    expect(told).toContainEqual(expect.stringMatching(/^durable store: [1-9]\d* left$/));
    await runReapply(operator.deps(), print);
    await runVerify(operator.deps(), playback.profileId, print);
    await expectNothing();
  });
});

describe('the row of an erased profile', () => {
  it('stays empty when the view reads the stream again, from its beginning or anew', async () => {
    await live();
    await operator.erase();
    await operator.followStream();
    expect(await operator.viewings.recent({ profileId: playback.profileId, limit: 9 })).toEqual([]);
    await operator.renewView();
    await operator.followStream();
    expect(await operator.viewings.recent({ profileId: playback.profileId, limit: 9 })).toEqual([]);
    expect(await operator.viewings.plays(playback.profileId)).toEqual([]);
    await expectNothing();
  });
});

describe('lines of the interaction log', () => {
  const day = '2026-02-27.jsonl';
  let lines: string[];
  const play = (profileId: string, startedAtMs: number) => {
    const profile = operator.deps().keyOf(profileId);
    return JSON.stringify({ kind: 'play', v: 1, profile, startedAtMs });
  };
  beforeEach(() => {
    lines = [
      play(playback.profileId, playback.clock.nowMs() - minuteMs),
      play(playback.guestId, playback.clock.nowMs() - minuteMs),
      play(playback.profileId, playback.clock.nowMs() + hourMs),
      '{"kind":"row","profile":"someone else',
    ];
    writeFileSync(join(operator.folder, day), `${lines.join('\n')}\n`);
  });
  const kept = async () => {
    const { interactions } = operator.deps().stores;
    const own = await interactions.of(operator.deps().keyOf(playback.profileId));
    const other = await interactions.of(operator.deps().keyOf(playback.guestId));
    return [own.length, other.length];
  };

  it('leave with the profile, those of others and later ones stay', async () => {
    expect((await operator.contents()).filter(({ kind }) => kind === 'interaction')).toHaveLength(
      2,
    );
    await operator.erase();
    expect(await kept()).toEqual([1, 1]);
    expect(readdirSync(operator.folder)).toEqual([day]);
    appendFileSync(join(operator.folder, day), `${lines[0]}\n`);
    await reapplyFences(operator.deps());
    expect(await kept()).toEqual([1, 1]);
  });
});

describe('the command', () => {
  it('says what is left, and that it must be run again', async () => {
    await live();
    const faults = new Faults();
    faults.fail(({ method }) => method === 'watchLog erase' || method === 'watchLog read');
    const told: string[] = [];
    const print = (line: string) => void told.push(line);
    const running = runErase(operator.deps({ faults }), playback.profileId, print);
    await expect(running).rejects.toThrow('run the same command again');
    expect(told).toContain('watch log: failed: The store does not answer.');
    expect(told).toContainEqual(expect.stringMatching(/^watch log: could not be read/));
    expect(told.at(-1)).toMatch(/^PENDING {2}receipt receipt-\d+, begun 2026/);
    faults.heal();
    told.length = 0;
    await runErase(operator.deps({ faults }), playback.profileId, print);
    expect(told.at(-1)).toMatch(/^DONE/);
    const [, receipt = ''] = /receipt ([\w-]+)/.exec(told.at(-1) ?? '') ?? [];
    await runVerify(operator.deps(), receipt, print);
    expect(told.at(-1)).toBe(told.at(-2));
  });

  it('knows no erasure of a profile that nobody erased', async () => {
    await expect(runVerify(operator.deps(), 'nobody', () => {})).rejects.toThrow('No erasure');
  });

  it('tells a store that keeps something from residue', () => {
    const lines = describeRemains([
      { store: 'durable store', found: 2 },
      { store: 'event stream', found: 3, isResidue: true, note: 'for a day' },
      { store: 'watch log', found: null, note: 'away' },
    ]);
    expect(lines).toEqual([
      'durable store: 2 left',
      'event stream: 3 left (leaves by itself; for a day)',
      'watch log: could not be read (away)',
    ]);
    const erasure = { receipt: 'r', profileKey: 'k', fence: '', begunAtMs: 0, doneAtMs: null };
    expect(describeErasure(erasure)).toBe('PENDING  receipt r, begun 1970-01-01T00:00:00.000Z');
  });
});
