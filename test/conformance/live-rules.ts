import { beginSessionMutation, type Operation, type Playhead } from '../../client/operations.ts';
import { expectFields, expectThat } from './expectation.ts';
import type { RuleCase } from './rule-case.ts';
import type { ServerUnderTest } from './server-under-test.ts';

const versionPattern = /^[0-9]{16}[0-9a-f]{8}$/;

/** Live updates, and what is changed by hand. */
export const liveRules: readonly RuleCase[] = [
  {
    title: 'begins a stream with SNAPSHOT, and goes on with CHANGED (LIVE-1)',
    async run(server) {
      const device = server.device();
      const before = await device.play(1_000);
      const followed = await server.follow(device.playableId);
      expectThat(followed.kinds[0] === 'SNAPSHOT', 'SNAPSHOT first', followed.kinds);
      expectFields(followed.pushed[0], { version: before.playhead?.version, positionMs: 1_000 });
      await device.report('SEEK', 2_000);
      await followed.until(() => followed.kinds.length > 1, 'a second update');
      followed.close();
      expectThat(followed.kinds[1] === 'CHANGED', 'CHANGED then', followed.kinds);
    },
  },
  {
    title: 'gives every playhead a version of 16 digits and 8 hex digits (LIVE-2)',
    async run(server) {
      const device = server.device();
      const followed = await server.follow(device.playableId);
      const begun = await device.begin();
      const recorded = await device.report('START', 1_000);
      const asked = await server.playhead(device.playableId);
      await followed.until(() => followed.pushed.length > 0, 'a push');
      followed.close();
      for (const playhead of [begun.playhead, recorded.playhead, asked, ...followed.pushed]) {
        const isVersion = versionPattern.test(playhead?.version ?? '');
        expectThat(isVersion, 'a version', { ...playhead });
      }
    },
  },
  {
    title: 'never goes back to an older version on a stream (LIVE-4)',
    async run(server) {
      const device = server.device();
      await device.begin();
      const followed = await server.follow(device.playableId);
      const late = device.observe('START', 1_000);
      for (const positionMs of [2_000, 3_000, 4_000]) {
        await device.report('SEEK', positionMs);
        await device.send(late);
        const isThere = () => followed.pushed.at(-1)?.positionMs === positionMs;
        await followed.until(isThere, `a push of ${positionMs}`);
      }
      followed.close();
      const versions = followed.pushed.map(({ version }) => version);
      expectThat(isSorted(versions), 'versions that never go back', versions);
    },
  },
  {
    title: 'pushes what was accepted, and nothing that was late, repeated or refused (LIVE-5)',
    async run(server) {
      const device = server.device();
      await device.begin();
      const late = device.observe('HEARTBEAT', 1_000);
      const seek = device.observe('SEEK', 2_000);
      const followed = await server.follow(device.playableId);
      await device.send(seek);
      await followed.until(() => followed.pushed.length > 0, 'the accepted one');
      await device.send(late);
      await device.send(seek);
      await device.report('HEARTBEAT', -1);
      await device.report('PAUSE', 3_000);
      await followed.until(() => followed.pushed.at(-1)?.positionMs === 3_000, 'the last position');
      followed.close();
      const positions = changesIn(followed.pushed).map(({ positionMs }) => positionMs);
      const isExact = positions.join() === '2000,3000';
      expectThat(isExact, 'pushes of 2000 and 3000', positions);
    },
  },
  {
    title: 'shows the session that plays, and no longer once it has stopped (LIVE-11)',
    async run(server) {
      const device = server.device();
      await device.play(1_000);
      const { activeSession } = await server.playhead(device.playableId);
      expectFields(activeSession, { id: device.sessionId, playerState: 'PLAYING' });
      await device.report('STOP', 1_100);
      expectFields(await server.playhead(device.playableId), { activeSession: null });
    },
  },
  {
    title: 'absorbs a change by hand that is based on an older playhead (CHG-1)',
    async run(server) {
      const device = server.device();
      const seen = await device.play(1_000);
      await device.report('HEARTBEAT', 2_000);
      const basedOn = seen.playhead?.version;
      const late = await change(server, 'finishPlayhead', { of: device.playableId, basedOn });
      expectFields(late, { problems: [] });
      expectFields(late.playhead, { status: 'IN_PROGRESS', positionMs: 2_000 });
    },
  },
  {
    title: 'never brings back what was forgotten by an older heartbeat (CHG-2)',
    async run(server) {
      const device = server.device();
      await device.play(1_000);
      const late = device.observe('HEARTBEAT', 2_000);
      const { playhead } = await change(server, 'forgetPlayhead', { of: device.playableId });
      expectFields(playhead, { status: 'NOT_STARTED', positionMs: 0 });
      expectFields(await device.send(late), { outcome: 'SUPERSEDED' });
      expectFields(await server.playhead(device.playableId), { status: 'NOT_STARTED' });
    },
  },
  {
    title: 'hides without touching the position, until a deliberate PLAY (CHG-3)',
    async run(server) {
      const device = server.device();
      await device.play(1_000);
      const hidden = await change(server, 'hidePlayhead', { of: device.playableId });
      expectFields(hidden.playhead, { hidden: true, positionMs: 1_000 });
      // Later than the change by the server's clock as well, whose answer took its time.
      const later = (byMs: number) => ({ elapsedMs: device.elapsedMs + byMs });
      const beat = await device.report('HEARTBEAT', 2_000, later(2_000));
      expectFields(beat.playhead, { hidden: true, positionMs: 2_000 });
      const played = await device.report('PLAY', 3_000, later(3_000));
      expectFields(played.playhead, { hidden: false });
    },
  },
  {
    title: 'finishes and restarts by hand, above what is in force (CHG-4)',
    async run(server) {
      const device = server.device();
      const seen = await device.play(60_000);
      const basedOn = seen.playhead?.version;
      const of = device.playableId;
      const finished = await change(server, 'finishPlayhead', { of, basedOn });
      expectFields(finished.playhead, { status: 'FINISHED', resumePositionMs: 0 });
      const restarted = await change(server, 'restartPlayhead', { of });
      expectFields(restarted.playhead, { status: 'IN_PROGRESS', positionMs: 0 });
      const versions = [basedOn ?? '', finished.playhead.version, restarted.playhead.version];
      expectThat(isSorted(versions), 'versions that grow', versions);
    },
  },
  {
    title: 'takes deviceKind from the schema alone, and OTHER for the rest (LIM-4)',
    async run(server) {
      const device = server.device();
      const { playableId, deviceId } = device;
      const input = { playableId, deviceId, sessionId: deviceId, deviceKind: 'TOASTER' };
      const { errors } = await server.ask(beginSessionMutation, { input });
      expectFields(errors[0]?.extensions, { code: 'BAD_USER_INPUT' });
      expectFields(await device.begin({ deviceKind: 'OTHER' }), { problems: [] });
    },
  },
];

/** Without the pushes that tell who plays now (LIVE-11) or how sure that is, which move without the version. */
function changesIn(pushed: readonly Playhead[]): Playhead[] {
  const moving = ({ activeSession, freshness }: Playhead) =>
    JSON.stringify([activeSession, freshness]);
  return pushed.filter((one, index) => {
    const before = pushed[index - 1];
    return before?.version !== one.version || moving(before) === moving(one);
  });
}

function isSorted(versions: readonly string[]): boolean {
  return versions.every((version, index) => index === 0 || (versions[index - 1] ?? '') <= version);
}

async function change(
  server: ServerUnderTest,
  field: 'finishPlayhead' | 'restartPlayhead' | 'hidePlayhead' | 'forgetPlayhead',
  on: { of: string; basedOn?: string | undefined },
) {
  const operation: Operation = {
    name: 'ChangeByHand',
    document: `mutation ChangeByHand($input: PlayheadInput!) { ${field}(input: $input) {
      playhead { version status positionMs resumePositionMs hidden } problems { code } } }`,
  };
  const { of: playableId, basedOn = null } = on;
  const data = await server.data(operation, { input: { playableId, basedOn } });
  return data[field];
}
