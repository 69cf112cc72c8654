import type { Transition } from '../../domain/transition.ts';
import type { Offset } from '../event-stream.ts';
import { hasNewPlays, type Needs, needsOf } from '../viewing-fold.ts';
import type { RedisConnection } from './connection.ts';
import { type ProfileViewKeys, profileViewKeys, viewKeys } from './keys.ts';
import { readScript } from './scripts.ts';
import type { LoadedProfile } from './view-profile.ts';

const script = readScript('view-load');

/** A partition's view, as far as a batch touches it. */
export interface LoadedBatch {
  /** Read up to there. */
  offset: Offset | null;
  /** How often it was written. */
  revision: string;
  /** Null: it has been read up to another place than was expected. */
  profiles: LoadedProfile[] | null;
}

interface Asked {
  profileId: string;
  transitions: readonly Transition[];
  keys: ProfileViewKeys;
  needs: Needs;
}

/**
 * Reads what a batch touches; `expected` undefined: wherever the view has been read up to.
 *
 * Cost: one round trip, a second one where a play begins or something is forgotten.
 */
export async function loadBatch(
  connection: RedisConnection,
  of: {
    partition: number;
    profiles: ReadonlyMap<string, readonly Transition[]>;
    expected: Offset | null | undefined;
  },
): Promise<LoadedBatch> {
  const { partition, expected } = of;
  const asked = [...of.profiles].map(([profileId, transitions]): Asked => {
    const keys = profileViewKeys({ partition, profileId });
    return { profileId, transitions, keys, needs: needsOf(transitions) };
  });
  const found = (await connection.run(script, {
    keys: [
      viewKeys(partition).consumed,
      ...asked.flatMap(({ keys }) => [keys.viewings, keys.plays, keys.profile]),
    ],
    args: [
      expected === undefined ? '*' : (expected ?? ''),
      ...asked.flatMap(({ needs: { titles, plays } }) => [
        ...[titles.size, plays.size],
        ...titles,
        ...plays,
      ]),
    ],
  })) as [offset: string, revision: string, ...(string | null)[]];
  const [offset, revision, ...values] = found;
  const stands = { offset: offset === '' ? null : offset, revision };
  if (values.length === 0 && asked.length > 0) return { ...stands, profiles: null };
  const bodies = values.values();
  const named = asked.map((one) => namedOf(one, bodies));
  const profiles = await Promise.all(
    named.map((loaded, index) => wholeOf(connection, loaded, (asked[index] as Asked).needs)),
  );
  return { ...stands, profiles };
}

/** What was asked for by name. */
function namedOf(asked: Asked, bodies: Iterator<string | null>): LoadedProfile {
  const { profileId, transitions, keys, needs } = asked;
  const next = () => bodies.next().value ?? null;
  const [floor, playsFloor] = [next(), next()];
  const fieldsOf = (names: ReadonlySet<string>) => {
    const fields = new Map<string, string>();
    for (const name of names) {
      const body = next();
      if (body !== null) fields.set(name, body);
    }
    return fields;
  };
  const [viewings, plays] = [fieldsOf(needs.titles), fieldsOf(needs.plays)];
  return { profileId, keys, transitions, floor, playsFloor, viewings, plays };
}

/** With all of those that a batch looks at one by one. */
async function wholeOf(
  connection: RedisConnection,
  loaded: LoadedProfile,
  needs: Needs,
): Promise<LoadedProfile> {
  const needsPlays = needs.allPlays || hasNewPlays(needs, loaded.plays);
  if (!needsPlays && !needs.allViewings) return loaded;
  const { keys } = loaded;
  const [viewings, plays] = await Promise.all([
    needs.allViewings ? readAll(connection, keys.viewings) : loaded.viewings,
    needsPlays ? readAll(connection, keys.plays) : loaded.plays,
  ]);
  return { ...loaded, viewings, plays };
}

async function readAll(connection: RedisConnection, hash: string): Promise<Map<string, string>> {
  const all = await connection.ask('read the view', (client) => client.hgetall(hash));
  return new Map(Object.entries(all));
}
