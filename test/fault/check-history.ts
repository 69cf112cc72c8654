import { readFileSync } from 'node:fs';
import { laterVersion } from '../../domain/merge.ts';
import { type Version, versionZero } from '../../domain/version.ts';
import { brokenAnswers } from './check-answers.ts';
import { inventedPlayheads } from './check-values.ts';
import type { Finals, Line, Registers, Served } from './history.ts';
import {
  type Acknowledgement,
  type HistoryIndex,
  indexOf,
  keyOf,
  packedVersion,
  type Sight,
} from './history-index.ts';

/**
 * Judges a run by its history alone: what is wrong with it, one line each that begins with the rule.
 *
 * `A` acknowledged, `D` acknowledged as durable, `S` submitted:
 * - `lost`: at the end every process, Redis and Cassandra hold max(A), less what a `loss` span allows.
 * - `lost-durable`: max(D), whatever the spans say.
 * - `invented`: every playhead that was served is one of S, by version and value.
 * - `went-back`: no client sees an older version after a newer one, both without a flag; `apart` and
 *   `restoring` spans excuse it, here and for `stale`.
 * - `stale`: an answer without a flag holds what was acknowledged before it was asked for.
 * - `left-over`: in the end nothing is dirty and nothing is quarantined.
 * - `tiers-differ`: in the end processes, Redis and Cassandra agree, and nothing is degraded.
 * - `stream-went-back`, `subscriber-behind`: no live stream goes back, each ends at the last state.
 * - `broken-answer`: errors, refusals and flags only while something is broken, and as documented.
 * - `vacuous`: nothing was acknowledged, or nothing was read at the end.
 */
export function checkHistory(lines: readonly Line[]): string[] {
  const index = indexOf(lines);
  const { finals } = index;
  if (finals === null || index.acknowledgements.size === 0) {
    return ['vacuous: nothing was acknowledged, or nothing was read at the end'];
  }
  return [
    ...[...index.acknowledgements].flatMap(([key, all]) => lost(index, finals, { key, all })),
    ...inventedPlayheads(index, finals),
    ...wentBack(index),
    ...stale(index),
    ...leftOver(finals),
    ...tiersDiffer(finals, [...index.acknowledgements.keys()]),
    ...streamsWentBack(index),
    ...subscribersBehind(index, finals),
    ...brokenAnswers(index),
  ];
}

function lost(
  index: HistoryIndex,
  finals: Finals,
  acknowledged: { key: string; all: readonly Acknowledgement[] },
): string[] {
  const { key, all } = acknowledged;
  const newest = (some: readonly Acknowledgement[]) =>
    some.map(({ version }) => version).reduce(laterVersion, versionZero);
  const kept = all.filter(({ toMs, isDurable }) => isDurable || !index.isTrouble('loss', at(toMs)));
  const bounds = {
    'lost-durable': newest(all.filter(({ isDurable }) => isDurable)),
    lost: newest(kept),
  };
  return Object.entries(bounds).flatMap(([rule, bound]) =>
    finalVersions(finals, key)
      .filter(({ version }) => version < bound)
      .map(({ where, version }) => `${rule}: ${key} is at ${version} in ${where}, not at ${bound}`),
  );
}

/** The version of a title wherever it must be in the end; zero where it is unknown. */
function finalVersions(finals: Finals, key: string): { where: string; version: Version }[] {
  const hot = finals.hot[key];
  return [
    ...Object.keys(finals.resume).map((process) => ({
      where: process,
      version: resumed(finals, process, key)?.version ?? versionZero,
    })),
    { where: 'Cassandra', version: packedVersion(finals.durable[key] ?? nowhere) },
    // Redis may have forgotten what is clean.
    ...(hot === undefined ? [] : [{ where: 'Redis', version: packedVersion(hot) }]),
  ];
}

const nowhere: Registers = { playhead: null, visibility: null };

function resumed(finals: Finals, process: string, key: string): Served | null {
  const [profileId = '', title = ''] = key.split('|');
  return finals.resume[process]?.[profileId]?.[title] ?? null;
}

/** Rule `went-back`, for what a client got from one process and for what it got from any. */
function wentBack(index: HistoryIndex): string[] {
  const sights = index.sights.filter(({ served }) => !served.isDegraded);
  const slots = [
    ...Map.groupBy(sights, ({ client, title, process }) => [client, title, process].join('|')),
    ...Map.groupBy(sights, ({ client, title }) => [client, title].join('|')),
  ];
  return slots.flatMap(([slot, seen]) => {
    let newest = seen[0]!;
    return seen.flatMap((sight) => {
      const before = newest;
      const isOlder = sight.served.version < before.served.version;
      const isExcused = isOlder && mayGoBack(index, before, sight);
      if (!isOlder || isExcused) newest = sight;
      if (!isOlder || isExcused) return [];
      const steps = [before, sight].map(
        ({ served, process, toMs }) => `${served.version} (${process} at ${toMs})`,
      );
      return [`went-back: ${slot} went from ${steps.join(' to ')}`];
    });
  });
}

function mayGoBack({ isTrouble }: HistoryIndex, before: Sight, after: Sight): boolean {
  const isApart = isTrouble('apart', before) && isTrouble('apart', at(after.fromMs));
  return (
    isTrouble('loss', { fromMs: before.toMs, toMs: after.toMs }) ||
    isTrouble('restoring', at(after.fromMs)) ||
    (before.process !== after.process && isApart)
  );
}

function at(moment: number): { fromMs: number; toMs: number } {
  return { fromMs: moment, toMs: moment };
}

function stale(index: HistoryIndex): string[] {
  return index.sights.flatMap((sight) => {
    const { client, served, title, process, toMs } = sight;
    if (served.isDegraded) return [];
    const missed = (index.acknowledgements.get(keyOf(sight)) ?? []).find(
      (acknowledged) =>
        acknowledged.toMs < sight.fromMs &&
        acknowledged.version > served.version &&
        !mayBeMissed(index, acknowledged, sight),
    );
    if (missed === undefined) return [];
    const known = `${missed.version} was acknowledged by ${missed.process} at ${missed.toMs}`;
    return [
      `stale: ${client} got ${title} at ${served.version} from ${process} at ${toMs}; ${known}`,
    ];
  });
}

function mayBeMissed(
  { isTrouble }: HistoryIndex,
  acknowledged: Acknowledgement,
  sight: Sight,
): boolean {
  const { process, isDurable, toMs } = acknowledged;
  const asked = at(sight.fromMs);
  const isLost =
    isTrouble('restoring', asked) || isTrouble('loss', { fromMs: toMs, toMs: sight.fromMs });
  const isApart = isTrouble('apart', acknowledged) && isTrouble('apart', asked);
  return (!isDurable && isLost) || (process !== sight.process && isApart);
}

function leftOver({ dirty, quarantined }: Finals): string[] {
  return dirty + quarantined === 0
    ? []
    : [`left-over: ${dirty} titles dirty, ${quarantined} quarantined`];
}

function tiersDiffer(finals: Finals, acknowledged: readonly string[]): string[] {
  const keys = new Set([
    ...acknowledged,
    ...Object.keys(finals.hot),
    ...Object.keys(finals.durable),
  ]);
  return [...keys].flatMap((key) => {
    const durable = finals.durable[key] ?? nowhere;
    const hot = finals.hot[key];
    const states = [
      ...(hot === undefined ? [] : [{ where: 'Redis', state: JSON.stringify(hot) }]),
      { where: 'Cassandra', state: JSON.stringify(durable) },
    ];
    const [first, ...others] = [
      ...Object.keys(finals.resume).map((process) => {
        const view = resumed(finals, process, key);
        return { where: process, state: JSON.stringify(view && withoutSource(view)) };
      }),
    ];
    const differing = others.filter(({ state }) => state !== first?.state);
    const degraded = Object.keys(finals.resume).filter(
      (process) => resumed(finals, process, key)?.isDegraded ?? true,
    );
    return [
      ...(new Set(states.map(({ state }) => state)).size > 1
        ? [`tiers-differ: ${key} is ${states.map((at) => `${at.where} ${at.state}`).join(', ')}`]
        : []),
      ...differing.map((other) => {
        const sides = [first, other].map((side) => `${side?.where} ${side?.state}`);
        return `tiers-differ: ${key} is ${sides.join(', ')}`;
      }),
      ...degraded.map((process) => `tiers-differ: ${key} is degraded or unknown in ${process}`),
    ];
  });
}

function withoutSource({ source: _, ...view }: Served): Omit<Served, 'source'> {
  return view;
}

function streamsWentBack({ pushes }: HistoryIndex): string[] {
  /** By client, of the stream that it reads now: a snapshot begins another one. */
  const streams = new Map<string, Map<string, Version>>();
  const violations: string[] = [];
  for (const { client, kind, playheads } of pushes) {
    const known = kind === 'SNAPSHOT' ? undefined : streams.get(client);
    const newest = known ?? new Map<string, Version>();
    streams.set(client, newest);
    for (const [title, { version }] of Object.entries(playheads)) {
      const before = newest.get(title) ?? versionZero;
      if (version < before) {
        violations.push(`stream-went-back: ${client} saw ${title} go from ${before} to ${version}`);
      }
      newest.set(title, version);
    }
  }
  return violations;
}

function subscribersBehind({ pushes }: HistoryIndex, finals: Finals): string[] {
  const [process = ''] = Object.keys(finals.resume);
  return finals.followers.flatMap((client) => {
    const pushed = pushes.filter((push) => push.client === client);
    const profileId = pushed[0]?.profileId;
    if (profileId === undefined) return [`subscriber-behind: ${client} was never told anything`];
    const views = Object.entries(finals.resume[process]?.[profileId] ?? {});
    return views.flatMap(([title, view]) => {
      const last = pushed.findLast(({ playheads }) => playheads[title] !== undefined);
      const version = last?.playheads[title]?.version ?? versionZero;
      const final = view?.version ?? versionZero;
      return version === final
        ? []
        : [`subscriber-behind: ${client} ends with ${title} at ${version}, not at ${final}`];
    });
  });
}

/** `node test/fault/check-history.ts FILE`: judges a history that a failed test kept. */
if (import.meta.main) {
  const lines = readFileSync(process.argv[2] ?? '', 'utf8')
    .trim()
    .split('\n');
  const violations = checkHistory(lines.map((line) => JSON.parse(line) as Line));
  process.stdout.write(`${violations.join('\n')}\n${violations.length} violations\n`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
