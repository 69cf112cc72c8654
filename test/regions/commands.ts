import type { Regions } from '../support/regions.ts';
import { measureFreshness, quantileOf } from './freshness.ts';

/** Enough for a quantile of 99 in 100 to mean something. */
export const beatsMeasured = 300;

/** What a person can type: words, what they do, and how. */
interface Command {
  words: string;
  does: string;
  run(regions: Regions, argument: string): Promise<string>;
}

let measured = 0;

export const commands: readonly Command[] = [
  {
    words: 'cut',
    does: 'cuts both links: nothing passes between the regions, in Redis or Cassandra',
    async run(regions) {
      await regions.partition();
      return 'The regions are apart. Each of them goes on.';
    },
  },
  {
    words: 'hold',
    does: 'the same, as a network that loses everything: connections stay, nothing passes',
    async run(regions) {
      await regions.partition('hold');
      return 'The regions are apart. Each of them goes on.';
    },
  },
  {
    words: 'heal',
    does: 'mends both links',
    async run(regions) {
      await regions.heal();
      return 'The links are well. Redis is level in a moment, Cassandra within half a minute.';
    },
  },
  {
    words: 'kill REGION',
    does: 'kills everything of a region: its processes, Redis, Cassandra node',
    async run(regions, name) {
      await regions.region(name).kill();
      return `${name} is gone. Its viewers go on in the other region.`;
    },
  },
  {
    words: 'start REGION',
    does: 'brings it back with its files',
    async run(regions, name) {
      await regions.region(name).start({ redis: 'as it was' });
      return `${name} is back.`;
    },
  },
  {
    words: 'start-empty REGION',
    does: 'brings it back with its Cassandra, and an empty Redis',
    async run(regions, name) {
      await regions.region(name).start({ redis: 'empty' });
      return `${name} is back, and its Redis knows nothing.`;
    },
  },
  {
    words: 'delay MS',
    does: 'everything between the regions takes so much longer, each way',
    async run(regions, text) {
      const delayMs = Number(text);
      if (!Number.isInteger(delayMs) || delayMs < 0) throw new Error('Milliseconds, such as 100.');
      const [first, second] = regions.all;
      regions.link(first.name, second.name).delay(delayMs);
      regions.link(second.name, first.name).delay(delayMs);
      return `Each way takes ${delayMs} ms more, until the links are healed.`;
    },
  },
  {
    words: 'measure',
    does: `how long ${beatsMeasured} heartbeats of one region take until they are read in the other`,
    run: (regions) => measure(regions, beatsMeasured),
  },
  {
    words: 'token PROFILE',
    does: 'an access token, valid in both regions',
    run: (regions, profileId) => regions.token(profileId === '' ? 'demo' : profileId),
  },
];

export const help = [
  ...commands.map(({ words, does }) => `  ${words.padEnd(20)}${does}`),
  `  ${'quit'.padEnd(20)}ends everything; so do Ctrl-C and the end of the input`,
].join('\n');

/**
 * Does what a line says, and answers what came of it.
 *
 * Errors: throws in words for whoever typed it.
 */
export async function obey(regions: Regions, line: string): Promise<string> {
  const [word = '', argument = ''] = line.trim().split(/\s+/);
  const command = commands.find(({ words }) => words.split(' ')[0] === word);
  if (command === undefined) return help;
  return command.run(regions, argument);
}

/** Freshness from the first region to the second, in a line. */
export async function measure(regions: Regions, beats: number): Promise<string> {
  measured += 1;
  const [from, to] = regions.all.map(({ name }) => name) as [string, string];
  const way = { from, to, profileId: `measured-${measured}`, beats };
  const ms = await measureFreshness(regions, way);
  const figures = [0.5, 0.99].map((share) => Math.round(quantileOf(ms, share)));
  return `${beats} heartbeats sent in ${from} were read in ${to} after ${figures[0]} ms (half of them) to ${figures[1]} ms (99 of 100).`;
}
