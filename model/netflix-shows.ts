import { partsOf, type TitleParts } from './season-words.ts';

export interface Show {
  showId: string;
  isFilm: boolean;
}

/** Titles without a word for their season must share a beginning with so many before they are episodes. */
const sharedMin = 3;

/**
 * Which titles are episodes of one series: what most titles say themselves, the rest learn from the
 * others. Two passes, since the title that tells may come last.
 */
export class Shows {
  readonly #parts = new Map<string, TitleParts>();
  readonly #series = new Set<string>();
  /** Titles of three segments or more that begin alike. */
  readonly #beginnings = new Map<string, number>();

  add(title: string): void {
    if (this.#parts.has(title)) return;
    const parts = partsOf(title);
    this.#parts.set(title, parts);
    if (parts.series !== null) this.#series.add(normal(parts.series));
    else if (parts.segments.length > 2) {
      const beginning = normal(parts.segments[0] as string);
      this.#beginnings.set(beginning, (this.#beginnings.get(beginning) ?? 0) + 1);
    }
  }

  of(title: string): Show {
    const { segments, series } = this.#parts.get(title) ?? partsOf(title);
    const known = this.#longestKnown(segments);
    if (known !== null) return { showId: known, isFilm: false };
    if (series !== null) return { showId: normal(series), isFilm: false };
    const beginning = normal(segments[0] ?? title);
    const isShared = (this.#beginnings.get(beginning) ?? 0) >= sharedMin && segments.length > 2;
    if (isShared) return { showId: beginning, isFilm: false };
    // A film may bear the name of a series.
    return { showId: `film ${normal(title)}`, isFilm: true };
  }

  /** The longest beginning that is a series by the word of another title, or of this one. */
  #longestKnown(segments: readonly string[]): string | null {
    for (let length = segments.length - 1; length > 0; length -= 1) {
      const beginning = normal(segments.slice(0, length).join(': '));
      if (this.#series.has(beginning)) return beginning;
    }
    return null;
  }
}

function normal(name: string): string {
  return name.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
}
