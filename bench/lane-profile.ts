import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CpuProfile, selfShares, type TimeWindow } from './cpu-profile.ts';
import { type LaneName, laneCandidate, type ServerName } from './lane-candidates.ts';
import { connect, type LaneWorld, preloadOf, startServersOf, warmUp } from './lanes.ts';
import { LoadProcess } from './load.ts';
import { shown, type Table } from './result.ts';

/** What is worth a look: the product's own processes. */
const profiled: readonly LaneName[] = [
  'direct',
  'lane, frames',
  'lane, frames, WebSocket',
  'normal lane',
  'embedded, lane',
];
const warmUpRequests = 5_000;
const loadMs = 3_000;
/** Groups that are named; the rest is a few per cent. */
const groupsMax = 6;

/** Loads the product's servers once more under V8's profiler and says where each one's time goes. */
export async function profileLanes(
  measured: LaneWorld,
  say: (line: string) => void,
): Promise<Table> {
  const world = { ...measured, ranges: freshRanges(measured) };
  const names = profiled.filter((name) => world.names.includes(name));
  const folderOf = (server: ServerName) => join(world.dataDir, 'profiles', server);
  const nodeArgvOf = (server: ServerName) => ['--cpu-prof', `--cpu-prof-dir=${folderOf(server)}`];
  await mkdir(join(world.dataDir, 'profiles'), { recursive: true });
  const servers = await startServersOf(world, names, nodeArgvOf);
  const load = LoadProcess.start();
  const windows = new Map<LaneName, TimeWindow>();
  try {
    for (const name of names) {
      await preloadOf(world, name);
      await connect(load, { world, name, servers });
      await warmUp(load, { name, requests: warmUpRequests });
      await load.tell({ kind: 'open', candidate: name }, 'opened');
      const fromUs = nowUs();
      await load.tell({ kind: 'load', candidate: name, durationMs: loadMs }, 'loaded');
      windows.set(name, { fromUs, toUs: nowUs() });
      say(`${name}: profiled`);
    }
    // The profile is written when the process ends by itself.
    for (const server of servers.values()) await server.stop();
  } finally {
    await load.close();
    for (const server of servers.values()) await server.kill();
  }
  const rows: string[][] = [];
  for (const name of names) {
    const of = laneCandidate(name).servers;
    for (const [part, server] of Object.entries(of) as [string, ServerName][]) {
      const window = windows.get(name) as TimeWindow;
      rows.push([name, part, sharesText(await readProfile(folderOf(server)), window)]);
    }
  }
  await rm(join(world.dataDir, 'profiles'), { recursive: true, force: true });
  return {
    title: 'Where the time goes',
    notes: [
      `Each loaded once more for ${loadMs} ms under V8's profiler, which costs some time itself, after ${warmUpRequests} requests: share of the busy time of its main thread by whose function was on top.`,
    ],
    header: ['candidate', 'process', 'own time'],
    rows,
  };
}

/** Profiles that nobody has reported for: a session that began anew would be late everywhere. */
function freshRanges({ ranges }: LaneWorld): LaneWorld['ranges'] {
  const ends = [...ranges.values()].map(({ first, count }) => first + count);
  const next = Math.max(...ends);
  return new Map(
    [...ranges].map(([name, range]) => [name, { ...range, first: range.first + next }]),
  );
}

async function readProfile(folder: string): Promise<CpuProfile> {
  const [file = ''] = await readdir(folder);
  return JSON.parse(await readFile(join(folder, file), 'utf8')) as CpuProfile;
}

function sharesText(profile: CpuProfile, window: TimeWindow): string {
  const named = selfShares(profile, [window]).slice(0, groupsMax);
  return named.map(([group, share]) => `${group} ${shown(100 * share)} %`).join(' · ');
}

/** The clock of V8's profiles. */
function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
