import { parseArgs } from 'node:util';
import { type DeviceMix, deviceMixes } from '../../model/viewers/devices.ts';
import { playableIds } from '../clips.ts';
import { NothingToWatch } from './api.ts';
import { type Drive, drive, driveProblem } from './drive.ts';
import { driveReport, stateLine } from './drive-report.ts';
import { logReport } from './log-report.ts';
import { Progress } from './terminal.ts';
import { writeLog } from './write-log.ts';

const usage = `npm run simulate:viewers -- --log FILE [--accounts 65] [--days 1095] [--seed 1] [--mix fitted|netflix-2018]
  writes an interaction log of simulated viewers
npm run simulate:viewers -- --url http://localhost:4000 [--viewers 20] [--speed 60] [--minutes 5] [--seed 1]
                            [--mix fitted|netflix-2018] [--titles ID,ID,…] [--run NAME]
  drives the API as their devices would, and checks every answer; --speed is simulated seconds in a second,
  --titles are playables of your catalog (default: those of the sample), --run names the profiles`;

/** Whoever reads a number of these may not take it for more than it is. */
const simulatedNotice =
  'SIMULATED: these viewers are made up. They give back what was put into them, so no lift of a\n' +
  'ranking is shown by them; they are for load, correctness, drift and a first set of weights.\n';

const options = {
  log: { type: 'string' },
  accounts: { type: 'string', default: '65' },
  days: { type: 'string', default: '1095' },
  url: { type: 'string' },
  viewers: { type: 'string', default: '20' },
  speed: { type: 'string', default: '60' },
  minutes: { type: 'string', default: '5' },
  titles: { type: 'string', default: playableIds.join(',') },
  run: { type: 'string' },
  seed: { type: 'string', default: '1' },
  mix: { type: 'string', default: 'fitted' },
} as const;

/** Answers the exit code. Errors: see exitCodeOf. */
async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options });
  const common = { seed: wholeOf('seed', values.seed), mix: mixOf(values.mix) };
  if ((values.log === undefined) === (values.url === undefined)) throw new RangeError(usage);
  if (values.log !== undefined) {
    const accounts = wholeOf('accounts', values.accounts);
    return log(values.log, { ...common, accounts, days: wholeOf('days', values.days) });
  }
  return driveApi({
    ...common,
    url: originOf(values.url ?? ''),
    viewers: wholeOf('viewers', values.viewers),
    speed: positiveOf('speed', values.speed),
    minutes: positiveOf('minutes', values.minutes),
    titles: values.titles.split(','),
    run: values.run ?? Date.now().toString(36),
  });
}

async function log(file: string, about: Parameters<typeof writeLog>[1]): Promise<number> {
  const progress = new Progress(process.stderr);
  const startMs = performance.now();
  const figures = await writeLog(file, about, (done) =>
    progress.show(done / about.accounts, `${done} of ${about.accounts} accounts`),
  );
  progress.end();
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
  process.stdout.write(`${file}: ${figures.plays} plays in ${seconds} s\n\n`);
  process.stdout.write(`${logReport(figures)}\n${simulatedNotice}`);
  return 0;
}

async function driveApi(about: Drive): Promise<number> {
  const problem = driveProblem(about);
  if (problem !== undefined) throw new RangeError(problem);
  const progress = new Progress(process.stderr);
  const summary = await drive(about, (state) => progress.show(state.share, stateLine(state)));
  progress.end();
  process.stdout.write(`${driveReport(summary)}\n${simulatedNotice}`);
  const failed = Object.keys(summary.faults).length;
  return summary.unexpected + failed === 0 ? 0 : 1;
}

function wholeOf(name: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new RangeError(`--${name} is a whole number from 1, not ${text}.`);
}

function positiveOf(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new RangeError(`--${name} is a number above 0, not ${text}.`);
}

function originOf(text: string): string {
  if (URL.canParse(text) && /^https?:/.test(text)) return new URL(text).origin;
  throw new RangeError(`--url is an address such as http://localhost:4000, not ${text}.`);
}

function mixOf(text: string): DeviceMix {
  const mix = deviceMixes.find((each) => each === text);
  if (mix !== undefined) return mix;
  throw new RangeError(`--mix is ${deviceMixes.join(' or ')}, not ${text}.`);
}

/** As sysexits.h has them: of what a person can set right; undefined is a mistake of ours. */
function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof RangeError) return 64;
  if (error instanceof NothingToWatch) return 69;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('ERR_PARSE_ARGS')) return 64;
  return /^E[A-Z]+$/.test(code) ? 73 : undefined;
}

if (import.meta.main) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    const code = exitCodeOf(error);
    if (code === undefined) throw error;
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = code;
  }
}
