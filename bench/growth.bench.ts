import { type CrowdFigures, measureCrowd } from './crowd-growth.ts';
import {
  type GrowthScale,
  measureGrowth,
  nameOf,
  type Population,
  type PopulationFigures,
} from './growth.ts';
import { environment, spreadOf } from './machine.ts';
import {
  type BenchOptions,
  type BenchResult,
  type Goal,
  goal,
  shown,
  spreadText,
  type Table,
} from './result.ts';
import { ratioBetween, wholeCpuUs } from './turns.ts';

interface Scale {
  growth: GrowthScale;
  /** With one title each; as many of each population report as the smallest has. */
  profiles: readonly number[];
  /** Of so many profiles, up to the viewers of a busy process. */
  reporting: readonly number[];
  profilesOfReporting: number;
  /** Of so many profiles, which all report. */
  titles: readonly number[];
  profilesOfTitles: number;
  crowds: readonly number[];
  crowdRounds: number;
}

const wholeScale: Scale = {
  growth: {
    ...{ warmUpRequests: 15_000, connections: 64 },
    ...{ rounds: 16, roundMs: 1_000, requestsMin: 1_000 },
  },
  profiles: [1_000, 10_000, 100_000, 1_000_000],
  ...{ reporting: [1_000, 8_000, 32_000], profilesOfReporting: 100_000 },
  ...{ titles: [1, 20, 100, 300], profilesOfTitles: 1_024 },
  ...{ crowds: [10, 100, 1_000, 5_000], crowdRounds: 3 },
};
/** A smoke test: whether all of it is counted, not how much it is. */
const quickScale: Scale = {
  growth: {
    ...{ warmUpRequests: 500, connections: 16 },
    ...{ rounds: 2, roundMs: 300, requestsMin: 100 },
  },
  profiles: [100, 5_000],
  ...{ reporting: [100, 400], profilesOfReporting: 1_000 },
  ...{ titles: [1, 20], profilesOfTitles: 64 },
  ...{ crowds: [10, 40], crowdRounds: 1 },
};
/** Of what one entry costs, from the smallest population to the largest. */
const flatMax = 1.1;

/** What becomes dearer as an installation grows. */
export async function growthBench({ isQuick, say }: BenchOptions): Promise<BenchResult> {
  const scale = isQuick ? quickScale : wholeScale;
  const of = { scale: scale.growth, say };
  const { profiles, reporting, titles } = populationsOf(scale);
  const byProfiles = await measureGrowth(profiles, of);
  const byReporting = await measureGrowth(reporting, of);
  const byTitles = await measureGrowth(titles, of);
  const crowds: CrowdFigures[] = [];
  for (const subscribers of scale.crowds) {
    say(`growth: ${subscribers} subscribers`);
    crowds.push(await measureCrowd(subscribers, scale.crowdRounds));
  }
  const all = [...byProfiles, ...byReporting, ...byTitles];
  return {
    bench: 'growth',
    mode: isQuick ? 'quick' : 'whole',
    environment: environment(),
    goals: goalsOf(byProfiles, byReporting),
    tables: [
      profileTable(byProfiles, scale),
      reportingTable(byReporting, scale),
      titleTable(byTitles, scale),
      crowdTable(crowds, scale),
    ],
    failures: all.flatMap(wrongOf),
  };
}

function populationsOf(scale: Scale): Record<'profiles' | 'reporting' | 'titles', Population[]> {
  const { profilesOfReporting, profilesOfTitles } = scale;
  const fewest = Math.min(...scale.profiles);
  return {
    profiles: scale.profiles.map((profiles) => ({ profiles, titles: 1, reporting: fewest })),
    reporting: scale.reporting.map((reporting) => {
      return { profiles: profilesOfReporting, titles: 1, reporting };
    }),
    titles: scale.titles.map((titles) => {
      return { profiles: profilesOfTitles, titles, reporting: profilesOfTitles };
    }),
  };
}

function goalsOf(
  byProfiles: readonly PopulationFigures[],
  byReporting: readonly PopulationFigures[],
): Goal[] {
  const [, second] = byProfiles as [PopulationFigures, PopulationFigures];
  const most = byProfiles.at(-1) as PopulationFigures;
  const bytesEach = ({ bytes, population }: PopulationFigures) => bytes / population.profiles;
  const from = (of: PopulationFigures) => of.population.profiles.toLocaleString('en');
  return [
    flatGoal(byProfiles, { of: 'profiles', named: 'profiles' }),
    flatGoal(byReporting, { of: 'reporting', named: 'that report' }),
    goal(
      // A thousand take less than what Redis needs for itself meanwhile.
      `bytes in Redis for a profile of one title, ${from(most)} profiles ÷ ${from(second)}`,
      { atMost: flatMax },
      bytesEach(most) / bytesEach(second),
    ),
  ];
}

/** The largest of these populations against the smallest. */
function flatGoal(
  figures: readonly PopulationFigures[],
  by: { of: 'profiles' | 'reporting'; named: string },
): Goal {
  const [least] = figures as [PopulationFigures];
  const most = figures.at(-1) as PopulationFigures;
  const cpuOf = ({ turns }: PopulationFigures) => turns.map(wholeCpuUs);
  const size = ({ population }: PopulationFigures) => population[by.of].toLocaleString('en');
  return goal(
    `CPU of playback and Redis for a heartbeat, ${size(most)} ${by.named} ÷ ${size(least)}`,
    { atMost: flatMax },
    ratioBetween(cpuOf(most), cpuOf(least)),
  );
}

function growthCells({ turns, bytes, drainUs }: PopulationFigures, entries: number): string[] {
  const spread = (part: 'server' | 'redis') =>
    spreadText(spreadOf(turns.map(({ cpuUs }) => cpuUs[part])));
  return [shown(bytes / entries), spread('server'), spread('redis'), shown(drainUs)];
}

const costHeads = ['bytes each', 'playback CPU', 'Redis CPU', 'drained row'];

function profileTable(figures: readonly PopulationFigures[], { growth }: Scale): Table {
  return {
    title: 'More profiles',
    notes: [
      `Profiles of one title, each population in a database of its own of one Redis, with a playback process of its own; ${growth.connections} connections, heartbeats of as many profiles as the smallest population has, ${growth.rounds} rounds of ${growth.roundMs} ms each, in turn, after ${growth.warmUpRequests} requests and two heartbeats of each session or more. Those that report were hydrated; the others are copies of one of them, restored. CPU in µs for each heartbeat, min / median / max of the rounds. Bytes are what Redis says it uses more, for each profile.`,
      'Nothing is drained meanwhile: how many heartbeats share a row is up to how soon they come, which here is as soon as they can. `drained row`: CPU of playback and Redis in µs, its end included, for each row that is written when it ends.',
    ],
    header: ['profiles', ...costHeads],
    plot: {
      ...{ kind: 'lines', name: 'profiles', unit: 'µs of CPU for a heartbeat' },
      columns: ['playback CPU', 'Redis CPU'],
    },
    rows: figures.map((one) => [
      one.population.profiles.toLocaleString('en'),
      ...growthCells(one, one.population.profiles),
    ]),
  };
}

function reportingTable(
  figures: readonly PopulationFigures[],
  { profilesOfReporting }: Scale,
): Table {
  return {
    title: 'More profiles that report',
    notes: [
      `The same with ${profilesOfReporting.toLocaleString('en')} profiles each, more and more of which one process hears of: its tokens and sessions, and what it remembers for a Redis that fails. Bytes are for each profile.`,
    ],
    header: ['reporting', ...costHeads],
    plot: {
      ...{ kind: 'lines', name: 'reporting', unit: 'µs of CPU for a heartbeat' },
      columns: ['playback CPU', 'Redis CPU'],
    },
    rows: figures.map((one) => [
      one.population.reporting.toLocaleString('en'),
      ...growthCells(one, one.population.profiles),
    ]),
  };
}

function titleTable(figures: readonly PopulationFigures[], { profilesOfTitles }: Scale): Table {
  return {
    title: 'More titles of each profile',
    notes: [
      `The same with ${profilesOfTitles} profiles, which all report; bytes are for each title.`,
    ],
    header: ['titles', ...costHeads],
    plot: {
      ...{ kind: 'lines', name: 'titles', unit: 'µs of CPU for a heartbeat' },
      columns: ['playback CPU', 'Redis CPU'],
    },
    rows: figures.map((one) => [
      String(one.population.titles),
      ...growthCells(one, one.population.profiles * one.population.titles),
    ]),
  };
}

function crowdTable(figures: readonly CrowdFigures[], { crowdRounds }: Scale): Table {
  return {
    title: 'More subscribers',
    notes: [
      `Two of each profile through one gateway, four of five by WebSocket and the others by SSE; a gateway, a playback process and a Redis of their own for each size. Memory and CPU in kB and µs for each subscriber; a push is one update told to one subscriber, ${crowdRounds} to each, with the heartbeat behind it. Last: from the acknowledgement of a profile's heartbeat until the last subscriber of all knows, ms.`,
    ],
    header: [
      ...['subscribers', 'gateway kB', 'playback kB', 'gateway to join', 'playback to join'],
      ...['gateway to push', 'playback to push', 'last ms'],
    ],
    plot: {
      ...{ kind: 'lines', name: 'subscribers', unit: 'µs of CPU' },
      columns: ['gateway to join', 'playback to join', 'gateway to push', 'playback to push'],
    },
    rows: figures.map((one) => [
      one.subscribers.toLocaleString('en'),
      ...[one.gatewayKb, one.playbackKb, one.joinGatewayUs, one.joinPlaybackUs].map(shown),
      ...[one.pushGatewayUs, one.pushPlaybackUs, one.lastMs].map(shown),
    ]),
  };
}

function wrongOf({ population, check, wrongOutcomes }: PopulationFigures): string[] {
  const what = nameOf(population);
  const differ = check.differencesCount > 0 ? [`${what}: ${check.differences.join('; ')}`] : [];
  const nothing = check.compared === 0 ? [`${what}: nothing was compared`] : [];
  return wrongOutcomes === 0
    ? [...differ, ...nothing]
    : [...differ, ...nothing, `${what}: ${wrongOutcomes} wrong outcomes were answered`];
}
