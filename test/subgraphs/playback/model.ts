import { laterVersion } from '../../../domain/merge.ts';
import { versionZero } from '../../../domain/version.ts';

/** What a playhead is for who asks: the part that only writes can change. */
export interface Expected {
  version: string;
  positionMs: number;
  status: string;
  hidden: boolean;
}

interface Position {
  version: string;
  positionMs: number;
  status: string;
}

interface Visibility {
  version: string;
  hidden: boolean;
}

const never: Position = { version: versionZero, positionMs: 0, status: 'NOT_STARTED' };
const shown: Visibility = { version: versionZero, hidden: false };

/** Of all acknowledged writes of a profile, the largest version of each register: no more than that. */
export class Model {
  readonly #positions = new Map<string, Position>();
  readonly #visibilities = new Map<string, Visibility>();
  #floor = versionZero;

  /** The position in force; null when nothing was ever written. */
  position(title: string): Position | null {
    const position = this.#positions.get(title) ?? never;
    if (position.version > this.#floor) return position;
    return this.#floor === versionZero ? null : { ...never, version: this.#floor };
  }

  expected(title: string): Expected {
    const position = this.position(title) ?? never;
    const written = this.#visibilities.get(title) ?? shown;
    const visibility = written.version > this.#floor ? written : shown;
    const version = laterVersion(position.version, visibility.version);
    return { ...position, hidden: visibility.hidden, version };
  }

  /** Titles that a history lists, in its order. */
  listed(): string[] {
    const versionOf = (title: string) => this.position(title)?.version ?? versionZero;
    return [...this.#positions.keys()]
      .filter((title) => (this.position(title) ?? never).status !== 'NOT_STARTED')
      .sort((left, right) => (versionOf(left) < versionOf(right) ? 1 : -1));
  }

  write(title: string, position: Position): void {
    const before = this.#positions.get(title) ?? never;
    if (position.version > before.version) this.#positions.set(title, position);
  }

  turn(title: string, visibility: Visibility): void {
    const before = this.#visibilities.get(title) ?? shown;
    if (visibility.version > before.version) this.#visibilities.set(title, visibility);
  }

  raiseFloor(version: string): void {
    if (version > this.#floor) this.#floor = version;
  }
}
