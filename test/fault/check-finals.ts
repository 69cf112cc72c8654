import { unpackPlayhead } from '../../domain/codec.ts';
import { laterVersion } from '../../domain/merge.ts';
import { deviceHash, type Version, versionZero } from '../../domain/version.ts';
import type { Finals, Registers, Served } from './history.ts';
import { type Acknowledgement, type HistoryIndex, keyOf, packedVersion } from './history-index.ts';

/** Rules `lost`, `lost-durable`, `left-over` and `tiers-differ`: what must be true in the end. */
export function finalStates(index: HistoryIndex, finals: Finals): string[] {
  return [
    ...[...index.acknowledgements].flatMap(([key, all]) => lost(index, finals, { key, all })),
    ...leftOver(finals),
    ...tiersDiffer(finals, [...index.acknowledgements.keys()]),
  ];
}

/** A title that is older in the end than what was acknowledged within a stated window. */
export interface Loss {
  key: string;
  /** From the activity that is kept to the last one that was acknowledged, ms. */
  lostMs: number;
}

/** What was lost within the windows that a history states: nothing that the rules object to. */
export function lossesOf(index: HistoryIndex): Loss[] {
  const { finals } = index;
  if (finals === null) return [];
  return [...index.acknowledgements].flatMap(([key, all]) => {
    const kept = finalVersions(finals, key).map(({ version }) => version);
    const last = kept.reduce(laterVersion, versionZero);
    const lost = all.filter(({ version }) => version > last);
    const times = (some: readonly Acknowledgement[]) => some.map(({ toMs }) => toMs);
    const keptMs = Math.max(...times(all.filter(({ version }) => version <= last)));
    return lost.length === 0 ? [] : [{ key, lostMs: Math.max(...times(lost)) - keptMs }];
  });
}

function lost(
  index: HistoryIndex,
  finals: Finals,
  acknowledged: { key: string; all: readonly Acknowledgement[] },
): string[] {
  const { key, all } = acknowledged;
  const newest = (some: readonly Acknowledgement[]) =>
    some.map(({ version }) => version).reduce(laterVersion, versionZero);
  const kept = all.filter((one) => !mayBeLost(index, key, one));
  const bounds = {
    'lost-durable': newest(kept.filter(({ isDurable }) => isDurable)),
    lost: newest(kept),
  };
  return Object.entries(bounds).flatMap(([rule, bound]) =>
    finalVersions(finals, key)
      .filter(({ version }) => version < bound)
      .map(({ where, version }) => `${rule}: ${key} is at ${version} in ${where}, not at ${bound}`),
  );
}

function mayBeLost(index: HistoryIndex, key: string, acknowledged: Acknowledgement): boolean {
  const { region, toMs, isDurable } = acknowledged;
  const then = { fromMs: toMs, toMs };
  const isExcused =
    index.isTrouble('gone', then, { region }) ||
    (!isDurable && index.isTrouble('loss', then, { region }));
  return isExcused && !isElsewhere(index, key, acknowledged);
}

/** Whether another region, which lost nothing from then on, was seen to have it: it got away in time. */
function isElsewhere(index: HistoryIndex, key: string, { region, version }: Acknowledgement) {
  const hasKept = (there: string, sinceMs: number) =>
    there !== region &&
    (['gone', 'loss'] as const).every(
      (what) => !index.isTrouble(what, { fromMs: sinceMs, toMs: Infinity }, { region: there }),
    );
  const inAnswers = index.sights.some(
    (sight) =>
      sight.served.version === version &&
      keyOf(sight) === key &&
      hasKept(sight.region, sight.fromMs),
  );
  const inStreams = index.pushes.some(
    ({ profileId, playheads, region: there, atMs }) =>
      Object.entries(playheads).some(
        ([title, served]) => served.version === version && keyOf({ profileId, title }) === key,
      ) && hasKept(there, atMs),
  );
  return inAnswers || inStreams;
}

/** The version of a title wherever it must be in the end; zero where it is unknown. */
function finalVersions(finals: Finals, key: string): { where: string; version: Version }[] {
  return [
    ...Object.keys(finals.resume).map((process) => ({
      where: process,
      version: resumed(finals, process, key)?.version ?? versionZero,
    })),
    ...storedStates(finals, key).map(({ where, registers }) => ({
      where,
      version: packedVersion(registers),
    })),
  ];
}

const nowhere: Registers = { playhead: null, visibility: null };

/** As the title lies in every store. Redis may have forgotten what is clean, if all of them have. */
function storedStates(finals: Finals, key: string): { where: string; registers: Registers }[] {
  const hot = Object.entries(finals.hot);
  const isForgotten = hot.every(([, titles]) => titles[key] === undefined);
  const states = (tier: string, of: [string, Record<string, Registers>][]) =>
    of.map(([place, titles]) => ({
      where: `${tier} of ${place}`,
      registers: titles[key] ?? nowhere,
    }));
  return [
    ...(isForgotten ? [] : states('Redis', hot)),
    ...states('Cassandra', Object.entries(finals.durable)),
  ];
}

function resumed(finals: Finals, process: string, key: string): Served | null {
  const [profileId = '', title = ''] = key.split('|');
  return finals.resume[process]?.[profileId]?.[title] ?? null;
}

function leftOver({ dirty, quarantined }: Finals): string[] {
  return dirty + quarantined === 0
    ? []
    : [`left-over: ${dirty} titles dirty, ${quarantined} quarantined`];
}

function tiersDiffer(finals: Finals, acknowledged: readonly string[]): string[] {
  const stores = [...Object.values(finals.hot), ...Object.values(finals.durable)];
  const keys = new Set([...acknowledged, ...stores.flatMap((titles) => Object.keys(titles))]);
  return [...keys].flatMap((key) => {
    const views = Object.keys(finals.resume).map((process) => ({
      where: process,
      view: resumed(finals, process, key),
    }));
    const stored = storedStates(finals, key);
    return [
      ...differing(
        key,
        stored.map(({ where, registers }) => ({ where, state: JSON.stringify(registers) })),
      ),
      ...differing(
        key,
        views.map(({ where, view }) => ({ where, state: JSON.stringify(view && shown(view)) })),
      ),
      ...stored.flatMap(({ where, registers }) =>
        views
          .filter(({ view }) => view !== null && viewed(view) !== positionOf(registers))
          .map((view) => `tiers-differ: ${key} is served by ${view.where}, and not in ${where}`),
      ),
      ...views
        .filter(({ view }) => view?.isDegraded ?? true)
        .map(({ where }) => `tiers-differ: ${key} is degraded or unknown in ${where}`),
    ];
  });
}

function differing(key: string, states: readonly { where: string; state: string }[]): string[] {
  const [first, ...others] = states;
  return others
    .filter(({ state }) => state !== first?.state)
    .map(({ where, state }) => {
      return `tiers-differ: ${key} is ${state} in ${where}, ${first?.state} in ${first?.where}`;
    });
}

function shown({ source: _, ...view }: Served): Omit<Served, 'source'> {
  return view;
}

/** A position as it is stored, in the form of one that is served. */
function positionOf(registers: Registers): string {
  if (registers.playhead === null) return JSON.stringify([0, null, 'NOT_STARTED', null]);
  const { positionMs, durationMs, status, deviceHash: hash } = unpackPlayhead(registers.playhead);
  return JSON.stringify([positionMs, durationMs, status, hash]);
}

function viewed({ positionMs, durationMs, status, deviceId }: Served): string {
  const hash = deviceId === null ? null : deviceHash(deviceId);
  return JSON.stringify([positionMs, durationMs, status, hash]);
}
