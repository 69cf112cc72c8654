import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { shown } from './result.ts';

/** Who is to be served. */
export interface Audience {
  /** Playing at once. */
  devices: number;
  intervalS: number;
  /** That each of them plays. */
  hoursADay: number;
}

/** The one that docs/operations.md shows. */
export const shownAudience: Audience = { devices: 10_000, intervalS: 5, hoursADay: 3 };

/** A process that is busier answers late. */
const busyMax = 0.6;
/** Titles of a profile that is hot; the same as the benchmark's. */
const titlesPerProfile = 20;
/** domain/policy.ts: plain heartbeats reach the event stream this often, and it keeps a week. */
const stream = { everyS: 15, days: 7 };
/**
 * What no benchmark prints, of an evening of simulated viewers (`simulated`): a gateway's processor time for an operation,
 * and an entry of the event stream.
 */
const measured = { gatewayMsPerOperation: 3.2, bytesPerEntry: 400 };
const simulated =
  '`npm run simulate:viewers -- --url http://127.0.0.1:4000 --viewers 200 --speed 120 --minutes 3`';

const page = new URL('../docs/operations.md', import.meta.url);
const figuresPage = new URL('../docs/benchmarks.md', import.meta.url);
const head = ['| what | needed | made of | printed by |', '| --- | --- | --- | --- |'];

/**
 * What an audience needs, by the figures of docs/benchmarks.md, as a Markdown table.
 *
 * Errors: throws naming the figure that the page lacks.
 */
export function sizingTable(benchmarks: string, audience: Audience): string {
  const { devices, intervalS } = audience;
  const beats = devices / intervalS;
  const of = figuresOf(benchmarks, intervalS);
  const bench = (name: string) => `\`npm run bench -- ${name}\``;
  const { gatewayMsPerOperation, bytesPerEntry } = measured;
  const entries = devices * audience.hoursADay * (3_600 / stream.everyS) * stream.days;
  const rows = [
    ['heartbeats', `${shown(beats)} a second`, `${devices} devices, one in ${intervalS} s`, '–'],
    [
      'gateways',
      processes(beats * gatewayMsPerOperation * 1e3),
      `${gatewayMsPerOperation} ms of a core for an operation`,
      `\`process_cpu_seconds_total\` and \`playhead_gateway_request_duration_seconds_count\`, under ${simulated}`,
    ],
    [
      'playback',
      processes(beats * of.serverUs),
      `${of.serverUs} µs for a heartbeat of the SDK`,
      bench('heartbeat'),
    ],
    [
      'Redis, processor',
      `${shown((beats * of.redisUs) / 1e6)} of a core`,
      `${of.redisUs} µs for the same`,
      bench('heartbeat'),
    ],
    [
      'Redis, positions',
      `${shown((1_000 * titlesPerProfile * of.bytesPerTitle) / 1e6)} MB for 1,000 profiles seen lately`,
      `${titlesPerProfile} titles of ${of.bytesPerTitle} bytes`,
      bench('heartbeat'),
    ],
    [
      'Redis, event stream',
      `${shown((entries * bytesPerEntry) / 1e9)} GB`,
      `a week, ${audience.hoursADay} hours a day: ${bytesPerEntry} bytes for ${stream.everyS} s of watching`,
      "`redis-cli memory usage 'ph:{0}:events' samples 0` and `redis-cli xlen 'ph:{0}:events'`, after the same",
    ],
    [
      'Cassandra, positions',
      `${shown(beats * of.rowsPerBeat)} rows a second`,
      `${of.rowsPerBeat} rows for a heartbeat`,
      bench('heartbeat'),
    ],
    [
      'live subscribers, one each',
      `${shown((devices * of.gatewayMb) / 1e6)} GB of gateways, ${shown((devices * of.playbackMb) / 1e6)} GB of playback`,
      `${of.gatewayMb} MB and ${of.playbackMb} MB for 1,000`,
      bench('live'),
    ],
    [
      'rows of Continue Watching',
      `${of.rowMs} ms of a core each`,
      '50 candidates by the model, 150 plays behind it',
      bench('row'),
    ],
  ];
  return [...head, ...rows.map((cells) => `| ${cells.join(' | ')} |`)].join('\n');
}

/** Cores that are busy, and processes of one core that are less busy than `busyMax`. */
function processes(busyUsPerS: number): string {
  const cores = busyUsPerS / 1e6;
  const count = Math.ceil(cores / busyMax);
  const word = count === 1 ? 'process' : 'processes';
  return `${shown(cores)} cores busy: ${count} ${word} at ${busyMax * 100} %`;
}

/** The medians that the benchmarks of that page came to. */
function figuresOf(page: string, intervalS: number) {
  const number = (what: string, pattern: RegExp): number => {
    const [, text] = pattern.exec(page) ?? [];
    if (text === undefined) throw new Error(`docs/benchmarks.md does not say: ${what}.`);
    return Number(text);
  };
  const median = '[\\d.]+ / ([\\d.]+) / [\\d.]+';
  const wholeRow = `^\\| whole \\| `;
  return {
    serverUs: number('the CPU of a heartbeat', new RegExp(`${wholeRow}${median} `, 'm')),
    redisUs: number(
      "Redis's CPU of a heartbeat",
      new RegExp(`${wholeRow}[^|]*\\|[^|]*\\| ${median} `, 'm'),
    ),
    bytesPerTitle: number(
      'the bytes of a title',
      /bytes in Redis for each \(profile, title\) \|[^|]*\| ([\d.]+)/,
    ),
    rowsPerBeat: number(
      `the rows of a heartbeat every ${intervalS} s`,
      new RegExp(`^\\| ${intervalS} s \\| ([\\d.]+) \\|`, 'm'),
    ),
    gatewayMb: number('the memory of subscribers', /1,000 subscribers took ([\d.]+) MB/),
    playbackMb: number(
      'the memory of subscribers',
      /1,000 subscribers took .* and ([\d.]+) MB of playback/,
    ),
    rowMs: number('the CPU of a row', /^\| model \| 150 \|(?:[^|]*\|){3} ([\d.]+) \|/m),
  };
}

/**
 * A page with the sizing as the benchmarks have it, where it showed another.
 *
 * Errors: throws when the page shows none.
 */
export function withSizing(text: string, benchmarks: string): string {
  const start = text.indexOf(`${head.join('\n')}\n`);
  if (start < 0) throw new Error('The page has no table of what an installation needs.');
  const end = text.indexOf('\n\n', start);
  return text.slice(0, start) + sizingTable(benchmarks, shownAudience) + text.slice(end);
}

/** After the benchmarks were measured anew. */
export async function writeSizing(): Promise<void> {
  const benchmarks = await readFile(figuresPage, 'utf8');
  await writeFile(page, withSizing(await readFile(page, 'utf8'), benchmarks));
}

/**
 * `npm run -s sizing -- --devices 10000 --interval 5 --hours 3`: what that many devices need, by
 * docs/benchmarks.md. Intervals are those of its table of rows. With `--write`: what operations shows.
 */
async function main(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      devices: { type: 'string', default: String(shownAudience.devices) },
      interval: { type: 'string', default: String(shownAudience.intervalS) },
      hours: { type: 'string', default: String(shownAudience.hoursADay) },
      write: { type: 'boolean', default: false },
    },
  });
  if (values.write) return writeSizing();
  const [devices = 0, intervalS = 0, hoursADay = 0] = [
    ...[values.devices, values.interval, values.hours].map(Number),
  ];
  if (!(devices > 0 && intervalS > 0 && hoursADay >= 0)) {
    throw new RangeError('--devices, --interval and --hours are numbers above 0.');
  }
  const benchmarks = await readFile(figuresPage, 'utf8');
  process.stdout.write(`${sizingTable(benchmarks, { devices, intervalS, hoursADay })}\n`);
}

if (import.meta.main) await main(process.argv.slice(2));
