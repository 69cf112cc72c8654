import { afterEach, describe, expect, it } from '@jest/globals';
import { changeLearning } from '../../../subgraphs/recommendations/learning-cli.ts';
import { films, played } from './plays.ts';
import { servedModel } from './served-model.ts';
import { hourMs, minuteMs } from './shows.ts';
import { openWorld, type World } from './world.ts';

const model = servedModel({ log_h_since: -0.2 });
let world: World;
afterEach(() => world.close());

async function opened(options: Parameters<typeof openWorld>[0] = {}): Promise<void> {
  world = await openWorld({ titles: films(10), model, ...options });
}

const learned = async () => (await world.viewings.learning('demo')).correction;
const at = (minutesAgo = 0) => world.clock.nowMs() - minutesAgo * minuteMs;

/** An evening: two films were begun, the row is shown on the phone, and one of them is gone on with. */
async function evening(chosen: string, { isShown = true, minutes = 30 } = {}): Promise<void> {
  await world.happened(
    ...played('mov_1', { startedAtMs: at(20 * 60), deviceKind: 'PHONE' }),
    ...played('mov_2', { startedAtMs: at(3 * 60), deviceKind: 'TV' }),
  );
  if (isShown) await world.row({ deviceKind: 'PHONE' });
  await world.clock.advance(minuteMs);
  await world.happened(...played(chosen, { startedAtMs: at(), minutes, deviceKind: 'PHONE' }));
}

const halfAnHourLater = () => world.clock.advance(62 * minuteMs);

describe('the first play of a visit', () => {
  it('teaches, once the visit is over, which card was the right one', async () => {
    await opened();
    await evening('mov_1');
    const before = (await world.row({ deviceKind: 'PHONE' })).edges;
    await world.clock.advance(50 * minuteMs);
    expect(await learned()).toBeNull();
    await world.clock.advance(12 * minuteMs);
    expect((await learned())?.length).toBeLessThanOrEqual(640);
    const after = (await world.row({ deviceKind: 'PHONE' })).edges;
    expect(before.map(({ node }) => node.playableId)).toEqual(['mov_1', 'mov_2']);
    expect(after[0]?.node.score).toBeGreaterThan(before[0]?.node.score ?? 1);
  });

  it('teaches the other way when the other one is chosen', async () => {
    await opened();
    await evening('mov_2');
    await halfAnHourLater();
    const onPhone = await learned();
    await world.close();
    await opened();
    await evening('mov_1');
    await halfAnHourLater();
    expect(await learned()).not.toEqual(onPhone);
  });

  it('teaches once, however often it is told of and looked for', async () => {
    await opened();
    await evening('mov_1');
    await halfAnHourLater();
    const once = await learned();
    const { events } = world;
    for (let partition = 0; partition < events.partitions; partition += 1) {
      const entries = await events.read({ partition, after: null, limit: 100 });
      const transitions = entries.map(({ transition }) => transition);
      await events.append({ partition, transitions });
    }
    await world.clock.advance(5 * hourMs);
    expect(await learned()).toEqual(once);
  });

  it.each<[string, () => Promise<void>]>([
    ['was no card that was shown', () => evening('mov_7')],
    ['was played without any row', () => evening('mov_1', { isShown: false })],
    [
      'was too short to count',
      async () => {
        await world.row({ deviceKind: 'PHONE' });
        await evening('mov_1', { minutes: 1 });
      },
    ],
    [
      'was not the first one of its visit',
      async () => {
        await evening('mov_7', { minutes: 5 });
        await world.happened(
          ...played('mov_1', { startedAtMs: at() + 6 * minuteMs, deviceKind: 'PHONE' }),
        );
      },
    ],
    [
      'came long after the row',
      async () => {
        await evening('mov_7', { isShown: true });
        const startedAtMs = at() + 5 * hourMs;
        await world.happened(...played('mov_1', { startedAtMs, deviceKind: 'PHONE' }));
        await world.clock.advance(6 * hourMs);
      },
    ],
  ])('teaches nothing when it %s', async (_what, happens) => {
    await opened();
    await happens();
    await world.clock.advance(3 * hourMs);
    expect(await learned()).toBeNull();
  });

  it('teaches nothing where recency ranked', async () => {
    await opened({ model: undefined });
    await evening('mov_1');
    await halfAnHourLater();
    expect(await learned()).toBeNull();
  });
});

describe('a profile', () => {
  it('that opted out teaches nothing, and what it had taught is gone', async () => {
    await opened();
    await evening('mov_1');
    await halfAnHourLater();
    expect(await learned()).not.toBeNull();
    const told = await changeLearning(world.viewings, { profileId: 'demo', change: 'opt-out' });
    expect(told).toBe('Profile demo has opted out: nothing is logged or learned.');
    expect(await learned()).toBeNull();
    await evening('mov_2');
    await halfAnHourLater();
    expect(await learned()).toBeNull();
  });

  it('is told how it stands, can start anew, and can come back', async () => {
    await opened();
    const change = (name?: 'opt-out' | 'opt-in' | 'reset') =>
      changeLearning(world.viewings, {
        profileId: 'demo',
        ...(name === undefined ? {} : { change: name }),
      });
    await evening('mov_1');
    await halfAnHourLater();
    expect(await change()).toMatch(/^\d+ bytes are learned from profile demo\.$/);
    expect(await change('reset')).toBe('Nothing is learned from profile demo yet.');
    await change('opt-out');
    expect(await change('opt-in')).toBe('Nothing is learned from profile demo yet.');
  });
});
