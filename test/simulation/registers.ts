import { packPlayhead, packVisibility } from '../../domain/codec.ts';
import type { TitleState } from '../../domain/playhead.ts';
import type { Version } from '../../domain/version.ts';

/** One register's value, by name: `profile|title|playhead` or `profile|title|visibility`. */
export interface Named {
  key: string;
  version: Version;
  packed: string;
}

/** The registers of these titles, as they are written and read. */
export function registersOf(
  profileId: string,
  titles: Iterable<readonly [title: string, state: TitleState]>,
): Named[] {
  const named: Named[] = [];
  for (const [title, { playhead, visibility }] of titles) {
    const key = `${profileId}|${title}`;
    if (playhead !== null) {
      const packed = packPlayhead(playhead);
      named.push({ key: `${key}|playhead`, version: playhead.version, packed });
    }
    if (visibility !== null) {
      const packed = packVisibility(visibility);
      named.push({ key: `${key}|visibility`, version: visibility.version, packed });
    }
  }
  return named;
}

/** The same of a list of writes. */
export function registersIn(batch: {
  profileId: string;
  titles: readonly ({ title: string } & TitleState)[];
}): Named[] {
  return registersOf(
    batch.profileId,
    batch.titles.map((title) => [title.title, title]),
  );
}

/** Names one write: a register and a version. */
export function writeName({ key, version }: Named): string {
  return `${key}|${version}`;
}
