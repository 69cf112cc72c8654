import { parseArgs } from 'node:util';
import { deviceMixes, type DeviceMix } from '../../model/viewers/devices.ts';
import { logReport } from './log-report.ts';
import { Progress } from './terminal.ts';
import { writeLog } from './write-log.ts';

const usage = `npm run simulate:viewers -- --log FILE [--accounts 65] [--days 1095] [--seed 1] [--mix fitted|netflix-2018]
  writes an interaction log of simulated viewers
`;

/** Whoever reads a number of these may not take it for more than it is. */
export const simulatedNotice =
  'SIMULATED: these viewers are made up. They give back what was put into them, so no lift of a\n' +
  'ranking is shown by them; they are for load, correctness, drift and a first set of weights.\n';

/** Errors: a RangeError that says what is wrong with an option. */
async function main(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      log: { type: 'string' },
      accounts: { type: 'string', default: '65' },
      days: { type: 'string', default: '1095' },
      seed: { type: 'string', default: '1' },
      mix: { type: 'string', default: 'fitted' },
    },
  });
  if (values.log === undefined) throw new RangeError(usage);
  const accounts = wholeOf('accounts', values.accounts);
  const options = {
    accounts,
    days: wholeOf('days', values.days),
    seed: wholeOf('seed', values.seed),
    mix: mixOf(values.mix),
  };
  const progress = new Progress(process.stderr);
  const startMs = performance.now();
  const figures = await writeLog(values.log, options, (done) =>
    progress.show(done / accounts, `${done} of ${accounts} accounts`),
  );
  progress.end();
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
  process.stdout.write(`${values.log}: ${figures.plays} plays in ${seconds} s\n\n`);
  process.stdout.write(`${logReport(figures)}\n${simulatedNotice}`);
}

function wholeOf(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`--${name} is a whole number from 1, not ${text}.`);
  }
  return value;
}

function mixOf(text: string): DeviceMix {
  const mix = deviceMixes.find((each) => each === text);
  if (mix === undefined) throw new RangeError(`--mix is ${deviceMixes.join(' or ')}, not ${text}.`);
  return mix;
}

if (import.meta.main) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 64;
  }
}
