// What breaks: the whole machine stands still for a moment, between two probes.
// What must hold: the watch says so, for then nobody answers late, and yet timers run out everywhere.
import { expect, it } from '@jest/globals';
import { standStill } from '../support/stand-still.ts';
import { until } from '../support/until.ts';
import { History } from './history.ts';
import { StallWatch } from './stalls.ts';

it('a machine that stood still is told from one that did not, though no probe was under way', async () => {
  const history = new History('stalls');
  let asked = 0;
  const probe = {
    name: 'quick',
    region: 'eu',
    troubles: ['hot'] as const,
    ask: async () => (asked += 1),
  };
  const watch = new StallWatch(history, [probe]);
  await until(() => asked > 1, { what: 'it is probed' });
  const before = history.lines.length;

  standStill(500);

  await until(() => history.lines.length > before, { what: 'the stall is told' });
  await watch.end();
  const told = history.lines
    .slice(before, before + 6)
    .flatMap((line) => (line.line === 'span' ? [line] : []));
  expect(told.map(({ what, region, isBegin }) => ({ what, region, isBegin }))).toEqual(
    (['hot', 'apart', 'durable'] as const).flatMap((what) => [
      { what, region: null, isBegin: true },
      { what, region: null, isBegin: false },
    ]),
  );
  const [began, ended] = told;
  expect(ended!.atMs - began!.atMs).toBeGreaterThan(500);
});
