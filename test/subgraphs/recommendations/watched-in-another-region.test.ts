import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Transition } from '../../../domain/transition.ts';
import { films, played } from './plays.ts';
import { hourMs, minuteMs } from './shows.ts';
import { openWorld, type World } from './world.ts';

let world: World;
afterEach(() => world.close());

const copied = (transitions: readonly Transition[]) =>
  transitions.map((transition) => ({ ...transition, region: 'us' }));

/** The titles whose plays this region has logged. */
async function logged(): Promise<string[]> {
  await world.clock.advance(2 * hourMs);
  await world.subgraph.close();
  const folder = join(world.config.DATA_DIR, 'interactions');
  const files = await readdir(folder).catch(() => []);
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  const lines = texts.flatMap((text) => text.split('\n')).filter((line) => line !== '');
  return lines
    .map((line) => JSON.parse(line) as { kind: string; title: string })
    .filter(({ kind }) => kind === 'play')
    .map(({ title }) => title);
}

describe('what was watched in another region', () => {
  it('is in the row, and in its order', async () => {
    world = await openWorld({ titles: films(3) });
    const nowMs = world.clock.nowMs();
    await world.happened(...played('mov_0', { startedAtMs: nowMs - 3 * hourMs }));
    await world.happened(...copied(played('mov_1', { startedAtMs: nowMs - hourMs })));
    expect(await world.cards()).toEqual(['RESUME mov_1', 'RESUME mov_0']);
  });

  it('is no play of this region: whoever saw its end logs it, once', async () => {
    world = await openWorld({ titles: films(4) });
    const nowMs = world.clock.nowMs();
    const startedAtMs = nowMs - hourMs;
    await world.happened(...played('mov_0', { startedAtMs }));
    await world.happened(...copied(played('mov_1', { startedAtMs })));
    const [begun, left] = played('mov_2', { startedAtMs }) as [Transition, Transition];
    await world.happened(begun, ...copied([left]));
    const [begunThere, leftHere] = played('mov_3', { startedAtMs }) as [Transition, Transition];
    await world.happened(leftHere, ...copied([begunThere]));
    expect((await logged()).sort()).toEqual(['mov_0', 'mov_3']);
  });

  it('was watched here when a request reached both regions', async () => {
    world = await openWorld({ titles: films(2) });
    const startedAtMs = world.clock.nowMs() - hourMs;
    const [one, other] = ['mov_0', 'mov_1'].map((title) => played(title, { startedAtMs }));
    await world.happened(...(one ?? []), ...copied(one ?? []));
    await world.happened(...copied(other ?? []), ...(other ?? []));
    expect((await logged()).sort()).toEqual(['mov_0', 'mov_1']);
  });

  it('goes on to be one of here when it is gone on with here', async () => {
    world = await openWorld({ titles: films(2) });
    const startedAtMs = world.clock.nowMs() - 50 * minuteMs;
    await world.happened(...copied(played('mov_0', { startedAtMs })));
    const [, left] = played('mov_0', { startedAtMs, minutes: 40 }) as [Transition, Transition];
    await world.happened(left);
    expect(await logged()).toEqual(['mov_0']);
  });
});
