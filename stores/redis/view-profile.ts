import { PlatformError } from '../../domain/errors.ts';
import type { Transition } from '../../domain/transition.ts';
import { versionZero } from '../../domain/version.ts';
import { newestVersion, type Viewing } from '../../domain/viewing.ts';
import { foldInto, openPlayKey, type ProfileView, packPlay, unpackPlay } from '../viewing-fold.ts';
import type { ProfileViewKeys } from './keys.ts';

/** What a batch touches of one profile: as it is stored, and as it is once the batch is folded. */
export interface FoldedProfile {
  profileId: string;
  keys: ProfileViewKeys;
  stored: {
    floor: string;
    playsFloor: string;
    viewings: ReadonlyMap<string, StoredViewing>;
    plays: ReadonlyMap<string, string>;
  };
  view: ProfileView;
}

interface StoredViewing {
  body: string;
  place: string;
}

/** What is stored of a profile, as far as a batch touches it. */
export interface LoadedProfile {
  profileId: string;
  keys: ProfileViewKeys;
  transitions: readonly Transition[];
  floor: string | null;
  playsFloor: string | null;
  /** Bodies by title. */
  viewings: ReadonlyMap<string, string>;
  /** Bodies by `playKey`. */
  plays: ReadonlyMap<string, string>;
}

/** Pure. */
export function folded(loaded: LoadedProfile): FoldedProfile {
  const { profileId, keys, plays } = loaded;
  const floor = loaded.floor ?? versionZero;
  const playsFloor = loaded.playsFloor ?? versionZero;
  const view: ProfileView = { floor, playsFloor, viewings: new Map(), plays: new Map() };
  const viewings = new Map<string, StoredViewing>();
  for (const [title, body] of loaded.viewings) {
    const viewing = JSON.parse(body) as Viewing;
    viewings.set(title, { body, place: placeOf(viewing) });
    view.viewings.set(title, viewing);
  }
  for (const [key, body] of plays) view.plays.set(key, unpackPlay(openPlayKey(key), body));
  for (const transition of loaded.transitions) foldInto(view, transition);
  return { profileId, keys, stored: { floor, playsFloor, viewings, plays }, view };
}

/**
 * What view-commit.lua is told of one profile: a text for each change; none when nothing changed.
 *
 * Errors: PlatformError INTERNAL_SERVER_ERROR for a name with a zero byte, which would end its text.
 */
export function changesOf(after: FoldedProfile, place: number): string[] {
  const changes = [
    ...floorChanges(after),
    ...viewingChanges(after.view.viewings, after.stored.viewings),
    ...playChanges(after),
  ];
  return changes.map(([what, name, value, third, fourth]) => {
    if (name.includes('\0') || third.includes('\0')) throw notStorable();
    return `${what}\0${place}\0${name}\0${value}\0${third}\0${fourth}\0`;
  });
}

function notStorable(): PlatformError {
  const message = 'A name with a zero byte cannot be stored.';
  return new PlatformError(message, { code: 'INTERNAL_SERVER_ERROR' });
}

type Change = [what: string, name: string, value: string, third: string, fourth: string | number];

function floorChanges({ view, stored }: FoldedProfile): Change[] {
  const isFloorNew = view.floor !== stored.floor;
  if (!isFloorNew && view.playsFloor === stored.playsFloor) return [];
  const floors: Change = ['f', view.floor, view.playsFloor, '', ''];
  return isFloorNew ? [['c', '', '', '', ''], floors] : [floors];
}

function viewingChanges(
  now: ReadonlyMap<string, Viewing>,
  stored: ReadonlyMap<string, StoredViewing>,
): Change[] {
  const changes: Change[] = [];
  for (const [title, viewing] of now) {
    const body = JSON.stringify(viewing);
    const before = stored.get(title);
    if (body === before?.body) continue;
    const hasPlace = newestVersion(viewing) !== versionZero;
    changes.push(['v', title, body, before?.place ?? '', hasPlace ? placeOf(viewing) : '']);
  }
  for (const [title, { place }] of stored) {
    if (!now.has(title)) changes.push(['v', title, '', place, '']);
  }
  return changes;
}

function playChanges({ profileId, view, stored }: FoldedProfile): Change[] {
  const changes: Change[] = [];
  for (const [key, kept] of view.plays) {
    const body = packPlay(kept);
    if (body === stored.plays.get(key)) continue;
    const endedAtMs = Math.floor(kept.play.endedAtMs);
    changes.push(['p', key, body, memberOf(profileId, key), endedAtMs]);
  }
  for (const key of stored.plays.keys()) {
    if (!view.plays.has(key)) changes.push(['p', key, '', memberOf(profileId, key), '']);
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
