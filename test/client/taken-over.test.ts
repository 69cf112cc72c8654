import { describe, expect, it } from '@jest/globals';
// Loaded when it is needed, and here before any test: reading it takes longer than a scripted answer.
import '../../client/hand-off.ts';
import type { TakenOver } from '../../client/index.ts';
import { openSession } from '../../client/reported-player.ts';
import { FakeBrowser } from './fake-browser.ts';
import { FakeStream, recorded, type Seen } from './fake-server.ts';
import { openRig, type Rig, startWatching, watch } from './rig.ts';

const phone = { id: 'phone', kind: 'PHONE', name: 'The phone' };
const takenAt = (at: string) => ({ sessionId: 'phone-1', device: phone, at });
const byPhone = takenAt('2026-03-01T12:00:00.000Z');

/** What the server answers a session that was taken over. */
const overtaken =
  (takenOverBy: object = byPhone) =>
  ({ variables }: Pick<Seen, 'variables'>) => {
    const isPaused = /^P(AUSE|ING)$/.test(variables.input.heartbeats.at(-1).event);
    const nextHeartbeatInMs = isPaused ? 60_000 : 5_000;
    return recorded({
      ...{ outcome: 'SUPERSEDED', durability: 'NONE', nextHeartbeatInMs, takenOverBy },
    });
  };

const events = ({ server }: Rig) => server.heartbeats.map(({ event }) => event);

/** A rig whose app notes who took over. */
function openTold(...[options, parts]: Parameters<typeof openRig>) {
  const told: TakenOver[] = [];
  const rig = openRig({ on: { takenOver: (by) => told.push(by) }, ...options }, parts);
  return { rig, told };
}

async function playing() {
  const { rig, told } = openTold();
  const attachment = rig.client.attach(rig.player, { playableId: 'mov_1', resume: 'never' });
  await attachment.ready;
  rig.player.play();
  await rig.server.settle();
  return { rig, told, attachment };
}

describe('a player that was taken over', () => {
  it('is paused, and its app told, once, by whom (HND-2, HND-3, HND-10)', async () => {
    const { rig, told, attachment } = await playing();
    expect(attachment.takenOverBy.getSnapshot()).toBeNull();
    rig.server.on('RecordHeartbeats', overtaken());
    await watch(rig, 5_000);
    expect(rig.player.paused).toBe(true);
    expect(told).toEqual([{ ...byPhone, playableId: 'mov_1' }]);
    expect(attachment.takenOverBy.getSnapshot()).toEqual(byPhone);
    await rig.clock.advance(120_000);
    await rig.server.settle();
    expect(events(rig)).toEqual(['START', 'HEARTBEAT', 'PAUSE', 'PING', 'PING']);
    expect(told).toHaveLength(1);
  });

  it('is told while it is paused, by the answer to a PING (HND-2)', async () => {
    const { rig, told } = await playing();
    rig.player.pause();
    await rig.server.settle();
    rig.server.on('RecordHeartbeats', overtaken());
    await rig.clock.advance(60_000);
    await rig.server.settle();
    expect(events(rig)).toEqual(['START', 'PAUSE', 'PING']);
    expect(told).toHaveLength(1);
  });

  it('plays again when its viewer presses play, which is reported and ends it (HND-4)', async () => {
    const { rig, told, attachment } = await playing();
    let changes = 0;
    attachment.takenOverBy.subscribe(() => {
      changes += 1;
    });
    rig.server.on('RecordHeartbeats', overtaken());
    await watch(rig, 5_000);
    rig.player.play();
    expect(attachment.takenOverBy.getSnapshot()).toBeNull();
    await rig.server.settle();
    await watch(rig, 5_000);
    expect(events(rig)).toEqual(['START', 'HEARTBEAT', 'PAUSE', 'PLAY', 'HEARTBEAT']);
    expect(rig.player.paused).toBe(false);
    expect(told).toHaveLength(1);
    rig.player.currentTime = 60;
    await rig.server.settle();
    await rig.clock.advance(400);
    expect(events(rig).at(-1)).toBe('SEEK');
    expect(changes).toBe(2);
    rig.server.on('RecordHeartbeats', overtaken(takenAt('2026-03-01T12:01:00.000Z')));
    await watch(rig, 5_000);
    expect(rig.player.paused).toBe(true);
    expect(told).toHaveLength(2);
  });

  it('is not held by an answer to what was sent before its viewer acted (HND-10)', async () => {
    const { rig, told } = await playing();
    rig.player.pause();
    await rig.server.settle();
    let answer = () => {};
    rig.server.on('RecordHeartbeats', (seen) =>
      seen.variables.input.heartbeats[0].event === 'PING'
        ? new Promise((resolve) => {
            answer = () => resolve(overtaken()(seen));
          })
        : recorded(),
    );
    await rig.clock.advance(60_000);
    rig.player.play();
    answer();
    await rig.server.settle();
    expect(events(rig)).toEqual(['START', 'PAUSE', 'PING', 'PLAY']);
    expect(rig.player.paused).toBe(false);
    expect(told).toEqual([]);
  });

  it('is left alone after its end: a late answer concerns nobody', async () => {
    const { rig, told, attachment } = await playing();
    rig.server.on('RecordHeartbeats', overtaken());
    attachment.detach();
    await rig.server.settle();
    expect(events(rig)).toEqual(['START', 'STOP']);
    expect(told).toEqual([]);
    expect(rig.player.paused).toBe(false);
  });

  it('is left alone by answers to what it played before its device slept', async () => {
    const { rig, told } = await playing();
    let answer = () => {};
    rig.server.on(
      'RecordHeartbeats',
      (seen) =>
        new Promise((resolve) => {
          answer = () => resolve(overtaken()(seen));
        }),
    );
    await watch(rig, 5_000);
    const answerToTheFirst = answer;
    rig.server.restore('RecordHeartbeats');
    rig.clock.sleep(10_000);
    await watch(rig, 5_000);
    expect(rig.server.of('BeginSession')).toHaveLength(2);
    answerToTheFirst();
    await rig.server.settle();
    expect(rig.player.paused).toBe(false);
    expect(told).toEqual([]);
  });

  it('that cannot be paused changes nothing for the SDK (ERR-7)', async () => {
    const { rig, told } = await playing();
    rig.player.pause = () => {
      throw new Error('no such button');
    };
    rig.server.on('RecordHeartbeats', overtaken());
    await watch(rig, 10_000);
    expect(told).toHaveLength(1);
    expect(events(rig)).toEqual(['START', 'HEARTBEAT', 'HEARTBEAT']);
  });

  it('is paused at once where the sessions are watched, in every page (HND-2)', async () => {
    const browser = new FakeBrowser();
    const openTab = async (name: string) => {
      let made = 0;
      const newId = () => {
        made += 1;
        return `${name}-${made}`;
      };
      const chance = { random: () => 0.5, newId };
      const shared = { profile: 'ada', tabs: browser.portOf(name), outbox: browser.outbox };
      const opened = openTold({ ...shared, chance }, { storage: browser.storage });
      await opened.rig.server.settle();
      return opened;
    };
    const leader = await openTab('leader');
    const other = await openTab('other');
    const stream = new FakeStream();
    for (const { rig } of [leader, other]) rig.server.on('ActiveSessionUpdates', () => stream);
    leader.rig.client.activeSessions.subscribe(() => {});
    await leader.rig.server.settle();
    const sessions: object[] = [];
    for (const { rig } of [leader, other]) {
      await startWatching(rig);
      await leader.rig.server.settle();
      const { sessionId } = rig.server.of('BeginSession')[0]?.variables.input ?? {};
      sessions.push({ id: sessionId, takenOverBy: byPhone });
    }
    const push = async (of: object[]) => {
      stream.push({ data: { activeSessionUpdates: { sessions: of } } });
      await leader.rig.server.settle();
    };
    await push(sessions.slice(1));
    expect([leader.rig.player.paused, other.rig.player.paused]).toEqual([false, true]);
    await push(sessions);
    expect([leader.rig.player.paused, other.rig.player.paused]).toEqual([true, true]);
    expect([leader.told.length, other.told.length]).toEqual([1, 1]);
  });
});

describe("an app's own player that was taken over", () => {
  async function open(options: { pause?(): void }) {
    const { rig, told } = openTold();
    const seekTo = () => {};
    const session = openSession(rig.client, {
      ...{ playableId: 'mov_1', resume: 'never', seekTo },
      ...options,
    });
    await session.ready;
    session.play(0);
    await rig.server.settle();
    rig.server.on('RecordHeartbeats', overtaken());
    await rig.clock.advance(5_000);
    session.progress(5_000);
    await rig.server.settle();
    return { rig, told, session };
  }

  it('is asked to pause, and reports that it did (HND-2)', async () => {
    let asked = 0;
    const { rig, told, session } = await open({
      pause: () => {
        asked += 1;
      },
    });
    expect([asked, told.length]).toEqual([1, 1]);
    expect(events(rig)).toEqual(['START', 'HEARTBEAT']);
    session.pause(5_000);
    await rig.server.settle();
    expect(events(rig)).toEqual(['START', 'HEARTBEAT', 'PAUSE']);
    session.play(5_000);
    await rig.server.settle();
    expect(events(rig).at(-1)).toBe('PLAY');
    expect(session.takenOverBy.getSnapshot()).toBeNull();
  });

  it('is not reported as paused where its app says nothing of the kind', async () => {
    const { rig, told, session } = await open({});
    expect(told).toHaveLength(1);
    await rig.clock.advance(5_000);
    session.progress(10_000);
    await rig.server.settle();
    expect(events(rig)).toEqual(['START', 'HEARTBEAT', 'HEARTBEAT']);
  });
});
