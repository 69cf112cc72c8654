import type { Transition } from '../../domain/transition.ts';
import { versionZero } from '../../domain/version.ts';
import { newestVersion, type Viewing } from '../../domain/viewing.ts';
import {
  foldInto,
  hasNewPlays,
  needsOf,
  openPlayKey,
  type ProfileView,
  packPlay,
  unpackPlay,
} from '../viewing-fold.ts';
import type { RedisConnection } from './connection.ts';
import { type ProfileViewKeys, profileViewKeys } from './keys.ts';

/** What a batch touches of one profile: as it is stored, and as it is once the batch is folded. */
export interface FoldedProfile {
  profileId: string;
  keys: ProfileViewKeys;
  stored: {
    floor: string;
    playsFloor: string;
    viewings: ReadonlyMap<string, string>;
    plays: ReadonlyMap<string, string>;
  };
  view: ProfileView;
}

/** Cost: one round trip, a second one where a play begins. */
export async function loadProfile(
  connection: RedisConnection,
  of: { partition: number; profileId: string; transitions: readonly Transition[] },
): Promise<FoldedProfile> {
  const keys = profileViewKeys(of);
  const needs = needsOf(of.transitions);
  const [floors, viewings, touched] = await Promise.all([
    connection.ask('read floors', (client) => client.hmget(keys.profile, 'f', 'e')),
    readFields(connection, keys.viewings, needs.allViewings ? null : needs.titles),
    readFields(connection, keys.plays, needs.allPlays ? null : needs.plays),
  ]);
  const isWhole = needs.allPlays || !hasNewPlays(needs, touched);
  const plays = isWhole ? touched : await readFields(connection, keys.plays, null);
  const floor = floors[0] ?? versionZero;
  const playsFloor = floors[1] ?? versionZero;
  const view: ProfileView = {
    ...{ floor, playsFloor },
    viewings: new Map(
      [...viewings].map(([title, body]) => [title, JSON.parse(body) as Viewing] as const),
    ),
    plays: new Map([...plays].map(([key, body]) => [key, unpackPlay(openPlayKey(key), body)])),
  };
  const stored = { floor, playsFloor, viewings, plays };
  for (const transition of of.transitions) foldInto(view, transition);
  return { profileId: of.profileId, keys, stored, view };
}

/** What view-commit.lua is told of one profile: four texts a change; none when nothing changed. */
export function changesOf(folded: FoldedProfile, place: number): (string | number)[] {
  const changes = [
    ...floorChanges(folded),
    ...viewingChanges(folded.view.viewings, folded.stored.viewings),
    ...playChanges(folded),
  ];
  return changes.flatMap(([what, name, value]) => [what, place, name, value]);
}

type Change = [what: string, name: string, value: string | number];

function floorChanges({ view, stored }: FoldedProfile): Change[] {
  const isFloorNew = view.floor !== stored.floor;
  if (!isFloorNew && view.playsFloor === stored.playsFloor) return [];
  const floors: Change = ['f', view.floor, view.playsFloor];
  return isFloorNew ? [['c', '', ''], floors] : [floors];
}

function viewingChanges(
  now: ReadonlyMap<string, Viewing>,
  stored: ReadonlyMap<string, string>,
): Change[] {
  const changes: Change[] = [];
  for (const [title, viewing] of now) {
    const body = JSON.stringify(viewing);
    const before = stored.get(title);
    if (body === before) continue;
    if (before !== undefined) changes.push(['R', placeOf(JSON.parse(before) as Viewing), '']);
    if (newestVersion(viewing) !== versionZero) changes.push(['r', placeOf(viewing), '']);
    changes.push(['v', title, body]);
  }
  for (const [title, body] of stored) {
    if (now.has(title)) continue;
    changes.push(['R', placeOf(JSON.parse(body) as Viewing), ''], ['V', title, '']);
  }
  return changes;
}

function playChanges({ profileId, view, stored }: FoldedProfile): Change[] {
  const changes: Change[] = [];
  for (const [key, kept] of view.plays) {
    const body = packPlay(kept);
    if (body === stored.plays.get(key)) continue;
    const endedAtMs = Math.floor(kept.play.endedAtMs);
    changes.push(['p', key, body], ['u', memberOf(profileId, key), endedAtMs]);
  }
  for (const key of stored.plays.keys()) {
    if (view.plays.has(key)) continue;
    changes.push(['P', key, ''], ['U', memberOf(profileId, key), '']);
  }
  return changes;
}

/** Ids of profiles hold no separator. */
export function memberOf(profileId: string, key: string): string {
  return `${profileId}|${key}`;
}

export function openMember(member: string): { profileId: string; key: string } {
  const at = member.indexOf('|');
  return { profileId: member.slice(0, at), key: member.slice(at + 1) };
}

function placeOf(viewing: Viewing): string {
  return `${newestVersion(viewing)}|${viewing.title}`;
}

/** These fields of a hash as far as they are there; null: all of them. */
async function readFields(
  connection: RedisConnection,
  hash: string,
  wanted: ReadonlySet<string> | null,
): Promise<Map<string, string>> {
  if (wanted === null) {
    const all = await connection.ask('read the view', (client) => client.hgetall(hash));
    return new Map(Object.entries(all));
  }
  if (wanted.size === 0) return new Map();
  const names = [...wanted];
  const bodies = await connection.ask('read the view', (client) => client.hmget(hash, ...names));
  return new Map(
    names.flatMap((name, index): [string, string][] => {
      const body = bodies[index];
      return body === null || body === undefined ? [] : [[name, body]];
    }),
  );
}
