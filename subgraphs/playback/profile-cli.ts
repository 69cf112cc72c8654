import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Erasure, erasuresKeptMs } from '../../domain/erasure.ts';
import { defaultPolicy } from '../../domain/policy.ts';
import { idProblem } from '../../domain/problem.ts';
import { systemClock } from '../../runtime/clock.ts';
import { readConfig } from '../../runtime/config.ts';
import { openSessionSigner } from '../../runtime/identity.ts';
import { createLog } from '../../runtime/log.ts';
import { pseudonymKeyOf, pseudonymOf } from '../../runtime/pseudonym.ts';
import { runCommand } from '../../runtime/run-command.ts';
import { openProfileStores } from '../../stores/open.ts';
import { type EraseDeps, eraseProfile, reapplyFences, type Step } from './erase-profile.ts';
import { exportProfile } from './export-profile.ts';
import { isClean, type Remains, remainsOf } from './profile-remains.ts';

const usage = `npm run -s profile -- export PROFILE      everything that is kept of it, as JSON Lines
npm run -s profile -- erase PROFILE       from every store; again after a failure
npm run -s profile -- verify PROFILE      reads every store again
npm run -s profile -- verify RECEIPT      how an erasure stands
npm run -s profile -- reapply-fences      after a backup was put back, before anything serves`;

type Print = (line: string) => void;

/** One sentence on how an erasure stands. */
export function describeErasure({ receipt, begunAtMs, doneAtMs }: Erasure): string {
  const begun = new Date(begunAtMs).toISOString();
  return doneAtMs === null
    ? `PENDING  receipt ${receipt}, begun ${begun}`
    : `DONE  receipt ${receipt}, begun ${begun}, done ${new Date(doneAtMs).toISOString()}`;
}

/** A line for each store: what it holds of before the fence. */
export function describeRemains(remains: readonly Remains[]): string[] {
  return remains.map(({ store, found, note, isResidue }) => {
    const count = found === null ? 'could not be read' : `${found} left`;
    const about = [isResidue && found !== 0 ? 'leaves by itself' : '', note ?? ''].filter(Boolean);
    return `${store}: ${count}${about.length > 0 ? ` (${about.join('; ')})` : ''}`;
  });
}

/** Errors: says that it is not done, once what is left was printed. */
export async function runErase(deps: EraseDeps, profileId: string, print: Print): Promise<void> {
  const { erasure, faults, remains } = await eraseProfile(deps, profileId);
  printFaults(faults, print);
  for (const line of describeRemains(remains)) print(line);
  print(describeErasure(erasure));
  if (erasure.doneAtMs === null) throw new Error('Not done yet: run the same command again.');
}

/** Of a profile every store is read; of a receipt only its record is. */
export async function runVerify(deps: EraseDeps, name: string, print: Print): Promise<void> {
  const { erasures } = deps.stores;
  const known = await erasures.since(deps.clock.nowMs() - erasuresKeptMs);
  const ofReceipt = known.find(({ receipt }) => receipt === name);
  if (ofReceipt !== undefined) {
    print(describeErasure(ofReceipt));
    return;
  }
  const own = known
    .filter(({ profileKey }) => profileKey === deps.keyOf(name))
    .sort((left, right) => (left.fence > right.fence ? -1 : 1));
  const [latest] = own;
  if (latest === undefined) throw new Error('No erasure is known of this profile or receipt.');
  const remains = await remainsOf(deps, { profileId: name, fence: latest.fence });
  for (const line of describeRemains(remains)) print(line);
  print(describeErasure(latest));
  if (!isClean(remains)) throw new Error('Something is left: erase it again, or reapply-fences.');
}

/** Errors: says which stores failed. */
export async function runReapply(deps: EraseDeps, print: Print): Promise<void> {
  const { profileIds, faults } = await reapplyFences(deps);
  printFaults(faults, print);
  print(`${profileIds.length} erased profiles were found and erased again.`);
  if (faults.length > 0) throw new Error('Not done yet: run the same command again.');
}

function printFaults(faults: readonly Step[], print: Print): void {
  for (const { store, fault } of faults) print(`${store}: failed: ${(fault as Error).message}`);
}

async function main(argv: readonly string[]): Promise<void> {
  const { positionals } = parseArgs({ args: [...argv], allowPositionals: true });
  const [command, name = ''] = positionals;
  const isKnown = ['export', 'erase', 'verify', 'reapply-fences'].includes(command ?? '');
  const wantsName = command !== 'reapply-fences';
  if (!isKnown || positionals.length !== (wantsName ? 2 : 1)) throw new Error(usage);
  const [problem] = wantsName ? idProblem(name, ['PROFILE']) : [];
  if (problem !== undefined) throw new Error(problem.message);
  const config = readConfig();
  const log = createLog({
    ...{ level: config.LOG_LEVEL, part: 'profile' },
    pseudonymKey: config.SESSION_KEY,
  });
  const key = pseudonymKeyOf(await openSessionSigner(config));
  const stores = await openProfileStores(config, {
    ...{ clock: systemClock, policy: defaultPolicy, log },
  });
  const print: Print = (line) => void process.stdout.write(`${line}\n`);
  const deps: EraseDeps = {
    ...{ stores, clock: systemClock, newReceipt: randomUUID },
    keyOf: (profileId) => pseudonymOf(profileId, { key }),
    pause: async (ms) => void (await pause(ms)),
  };
  try {
    const emit = (line: object) => print(JSON.stringify(line));
    if (command === 'export') await exportProfile({ ...deps, emit }, name);
    else if (command === 'erase') await runErase(deps, name, print);
    else if (command === 'verify') await runVerify(deps, name, print);
    else await runReapply(deps, print);
  } finally {
    await stores.close();
  }
}

if (import.meta.main) {
  await runCommand(main);
}
