import { readFileSync } from 'node:fs';
import { type Version, versionZero } from '../../domain/version.ts';
import { brokenAnswers } from './check-answers.ts';
import { finalStates } from './check-finals.ts';
import { inventedPlayheads } from './check-values.ts';
import type { Finals, Line, Pushed, Served } from './history.ts';
import {
  type Acknowledgement,
  type HistoryIndex,
  indexOf,
  keyOf,
  type Sight,
} from './history-index.ts';

/**
 * Judges a run by its history alone: what is wrong with it, one line each that begins with the rule.
 *
 * `A` acknowledged, `D` acknowledged as durable, `S` submitted:
 * - `lost`: at the end every process, Redis and data centre holds max(A), less what a `loss` span of the
 *   region that acknowledged it allows, unless another region had it.
 * - `lost-durable`: max(D), less what was acknowledged in a region that is `gone` for good.
 * - `invented`: every playhead that was served is one of S, by version and value.
 * - `went-back`: in one region no client sees an older version after a newer one, both without a flag;
 *   `apart` and `restoring` spans excuse it, here and for `stale`.
 * - `stale`: an answer without a flag holds what its region had acknowledged before it was asked for.
 * - `left-over`: in the end nothing is dirty and nothing is quarantined.
 * - `tiers-differ`: in the end processes, every Redis and every data centre agree, and nothing is degraded.
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
    ...finalStates(index, finals),
    ...inventedPlayheads(index, finals),
    ...wentBack(index),
    ...stale(index),
    ...streamsWentBack(index),
    ...subscribersBehind(index, finals),
    ...brokenAnswers(index),
  ];
}

/** Rule `went-back`, for what a client got from one process and for what it got from any. */
function wentBack(index: HistoryIndex): string[] {
  const sights = index.sights.filter(({ served }) => !served.isDegraded);
  const slots = [
    ...Map.groupBy(sights, ({ client, title, process }) => [client, title, process].join('|')),
    ...Map.groupBy(sights, ({ client, title, region }) =>
      [client, title, `in ${region}`].join('|'),
    ),
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
  const here = { region: after.region };
  const isApart = isTrouble('apart', before, here) && isTrouble('apart', at(after.fromMs), here);
  return (
    isTrouble('loss', { fromMs: before.toMs, toMs: after.toMs }, here) ||
    isTrouble('restoring', at(after.fromMs), here) ||
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
        acknowledged.region === sight.region &&
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
  const { process, region, isDurable, toMs } = acknowledged;
  const here = { region };
  const asked = at(sight.fromMs);
  const isLost =
    isTrouble('restoring', asked, here) ||
    isTrouble('loss', { fromMs: toMs, toMs: sight.fromMs }, here);
  const isApart = isTrouble('apart', acknowledged, here) && isTrouble('apart', asked, here);
  return (!isDurable && isLost) || (process !== sight.process && isApart);
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

function subscribersBehind(index: HistoryIndex, finals: Finals): string[] {
  return finals.followers.flatMap((client) => {
    const pushed = index.pushes.filter((push) => push.client === client);
    const profileId = pushed[0]?.profileId;
    if (profileId === undefined) return [`subscriber-behind: ${client} was never told anything`];
    return [...newestViews(finals, profileId)].flatMap(([title, final]) => {
      const at = pushed.findLastIndex(({ playheads }) => playheads[title] !== undefined);
      const told = pushed[at]?.playheads[title] ?? unknown;
      const isNothing =
        final.status === 'NOT_STARTED' &&
        (hasBegunSince(
          pushed.slice(Math.max(at, 0) + 1),
          forgottenMs(index, { profileId, title }),
        ) ||
          (told.status === 'NOT_STARTED' && hasLookedAgain(index, pushed[Math.max(at, 0)]!)));
      return told.version === final.version || isNothing
        ? []
        : [
            `subscriber-behind: ${client} ends with ${title} at ${told.version}, not at ${final.version}`,
          ];
    });
  });
}

/** Whether among these pushes a stream began when a title was forgotten already: it tells nothing of it (LIVE-7). */
function hasBegunSince(pushed: readonly Pushed[], forgottenAtMs: number): boolean {
  return pushed.some(({ kind, atMs }) => kind === 'SNAPSHOT' && atMs >= forgottenAtMs);
}

/** When somebody last asked for it to be forgotten, ms; before all time, if nobody did. */
function forgottenMs(index: HistoryIndex, of: { profileId: string; title: string }): number {
  const changes = index.changes.get(keyOf(of)) ?? [];
  const last = changes.findLast(({ sent }) => sent.request.change === 'FORGET');
  return last?.sent.atMs ?? Number.NEGATIVE_INFINITY;
}

/**
 * Whether a stream may have looked at everything again since that push, because its hot store had been away: of
 * what is forgotten by then, and was not told of before, it tells nothing.
 */
function hasLookedAgain(index: HistoryIndex, { atMs: fromMs, region }: Pushed): boolean {
  return (['hot', 'apart', 'restoring'] as const).some((what) =>
    index.isTrouble(what, { fromMs, toMs: Infinity }, { region }),
  );
}

type View = Pick<Served, 'version' | 'status'>;

const unknown: View = { version: versionZero, status: 'NOT_STARTED' };

/** By title, of all that the processes answer in the end. */
function newestViews(finals: Finals, profileId: string): Map<string, View> {
  const newest = new Map<string, View>();
  for (const profiles of Object.values(finals.resume)) {
    for (const [title, view] of Object.entries(profiles[profileId] ?? {})) {
      const known = newest.get(title) ?? unknown;
      newest.set(title, view !== null && view.version > known.version ? view : known);
    }
  }
  return newest;
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
