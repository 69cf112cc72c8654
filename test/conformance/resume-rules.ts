import { expectFields, expectThat } from './expectation.ts';
import type { RuleCase } from './rule-case.ts';
import type { ServerUnderTest } from './server-under-test.ts';

const minuteMs = 60_000;
/** The version of what never happened. */
const versionZero = '0'.repeat(24);

/** Where to start, and sessions that started from an older playhead. */
export const resumeRules: readonly RuleCase[] = [
  {
    title: 'has a playhead at 0, NOT_STARTED, for what was never started (RES-2)',
    async run(server) {
      const never = { status: 'NOT_STARTED', positionMs: 0, resumePositionMs: 0 };
      const playhead = await server.playhead(server.newTitle());
      expectFields(playhead, { ...never, version: versionZero });
    },
  },
  {
    title: 'rewinds by 0, 3, 10 or 20 s after a pause, never before 0 (RES-4)',
    async run(server) {
      await expectRewound(server, { pausedForMs: 0, rewindMs: 0 });
      await expectRewound(server, { pausedForMs: minuteMs / 2, rewindMs: 3_000 });
      await expectRewound(server, { pausedForMs: 10 * minuteMs, rewindMs: 10_000 });
      await expectRewound(server, { pausedForMs: 40 * minuteMs, rewindMs: 20_000 });
      await expectRewound(server, { pausedForMs: 40 * minuteMs, rewindMs: 15_000, from: 15_000 });
    },
  },
  {
    title: 'starts at 0 what is finished, and keeps where it was finished (RES-5)',
    async run(server) {
      const device = server.device();
      await device.play(0);
      await device.report('FINISH', 7_000_000);
      expectFields(await server.playhead(device.playableId), {
        positionMs: 7_000_000,
        resumePositionMs: 0,
      });
    },
  },
  {
    title: 'rewinds nothing while another session plays the title (RES-9)',
    async run(server) {
      const device = server.device();
      // Still alive for two seconds, and long enough ago for a rewind of 3 s.
      await device.begin({ elapsedMs: 10_200 });
      await device.report('START', 300_000, { elapsedMs: 0 });
      const begun = await server.device(device.playableId).begin();
      expectThat(begun.playhead?.activeSession !== null, 'the session that plays', begun.playhead);
      expectFields(begun.playhead, { positionMs: 300_000, resumePositionMs: 300_000 });
    },
  },
  {
    title: 'says that a session is stale when its player started from an older playhead (STL-1)',
    async run(server) {
      const tv = server.device();
      const seen = await tv.play(100_000);
      await tv.report('HEARTBEAT', 900_000);
      const phone = server.device(tv.playableId);
      const begun = await phone.begin({ basedOn: seen.playhead?.version ?? '' });
      // Its own writes are not somebody else's: only another session is ahead.
      expectFields(begun, { stale: true });
      expectFields(begun.playhead, { positionMs: 900_000 });
      expectFields(await server.device(tv.playableId).begin(), { stale: false });
    },
  },
  {
    title: 'keeps the plain heartbeats of a stale session from moving the playhead (STL-2)',
    async run(server) {
      const { phone, playableId } = await forgottenTab(server);
      const start = await phone.report('START', 100_000);
      expectFields(start, { outcome: 'SUPERSEDED' });
      const beat = await phone.report('HEARTBEAT', 105_000);
      expectFields(beat, { outcome: 'SUPERSEDED' });
      expectFields(beat.playhead, { positionMs: 900_000 });
      expectFields(await server.playhead(playableId), { positionMs: 900_000 });
    },
  },
  {
    title: 'lets a stale session move the playhead once its viewer acts: PLAY, SEEK, PAUSE (STL-3)',
    async run(server) {
      for (const event of ['PLAY', 'SEEK', 'PAUSE'] as const) {
        const { phone } = await forgottenTab(server);
        await phone.report('START', 100_000);
        const act = await phone.report(event, 110_000);
        expectFields({ event, ...act }, { event, outcome: 'ACCEPTED' });
        expectFields(await phone.report('HEARTBEAT', 115_000), { outcome: 'ACCEPTED' });
      }
    },
  },
  {
    title: 'takes a stale session within 30 s of the playhead for one that is not (STL-4)',
    async run(server) {
      const { phone } = await forgottenTab(server);
      expectFields(await phone.report('START', 875_000), { outcome: 'ACCEPTED' });
    },
  },
];

/** A phone that starts from 100 s, while a television is at 900 s. */
async function forgottenTab(server: ServerUnderTest) {
  const tv = server.device();
  const seen = await tv.play(100_000);
  await tv.report('HEARTBEAT', 900_000);
  const phone = server.device(tv.playableId);
  await phone.begin({ basedOn: seen.playhead?.version ?? '' });
  return { phone, playableId: tv.playableId };
}

async function expectRewound(
  server: ServerUnderTest,
  of: { pausedForMs: number; rewindMs: number; from?: number },
): Promise<void> {
  const { pausedForMs, rewindMs, from = 300_000 } = of;
  const device = server.device();
  await device.begin({ elapsedMs: pausedForMs });
  await device.report('PAUSE', from, { elapsedMs: 0 });
  const { resumePositionMs } = await server.playhead(device.playableId);
  const came = { pausedForMs, resumePositionMs };
  expectFields(came, { pausedForMs, resumePositionMs: from - rewindMs });
}
