import type { LaneUpstream } from './lane-upstream.ts';

interface Held {
  url: string;
  upstream: LaneUpstream;
}

/** How the lane reaches the subgraphs of the supergraph that is served: ours, and those of other teams. */
export class LaneUpstreams {
  readonly #own: ReadonlyMap<string, LaneUpstream>;
  readonly #urls: Readonly<Record<string, string | undefined>>;
  readonly #open: (url: string) => LaneUpstream;
  readonly #further = new Map<string, Held>();
  #all: ReadonlyMap<string, LaneUpstream>;

  /** `urls`: in place of what the supergraph says. */
  constructor(options: {
    own: ReadonlyMap<string, LaneUpstream>;
    urls: Readonly<Record<string, string | undefined>>;
    open: (url: string) => LaneUpstream;
  }) {
    this.#own = options.own;
    this.#urls = options.urls;
    this.#open = options.open;
    this.#all = options.own;
  }

  get all(): ReadonlyMap<string, LaneUpstream> {
    return this.#all;
  }

  /** Subgraphs may come, go, and move with another supergraph. */
  follow(supergraph: string): void {
    const urls = urlsIn(supergraph);
    for (const [name, held] of this.#further) {
      if (this.#urlOf(name, urls) !== held.url) this.#drop(name, held);
    }
    for (const name of urls.keys()) {
      const url = this.#urlOf(name, urls);
      if (this.#own.has(name) || this.#further.has(name) || !isHttp(url)) continue;
      this.#further.set(name, { url, upstream: this.#open(url) });
    }
    const further = [...this.#further].map(([name, { upstream }]) => [name, upstream] as const);
    this.#all = new Map([...this.#own, ...further]);
  }

  async close(): Promise<void> {
    const further = [...this.#further.values()].map(({ upstream }) => upstream);
    await Promise.all([...this.#own.values(), ...further].map((upstream) => upstream.close()));
  }

  #urlOf(name: string, urls: ReadonlyMap<string, string>): string | undefined {
    return urls.has(name) ? (this.#urls[name] ?? urls.get(name)) : undefined;
  }

  #drop(name: string, { upstream }: Held): void {
    this.#further.delete(name);
    // What is under way is answered first.
    void upstream.close();
  }
}

function urlsIn(supergraph: string): ReadonlyMap<string, string> {
  const graphs = supergraph.matchAll(/@join__graph\(\s*name:\s*"([^"]+)",?\s*url:\s*"([^"]*)"/g);
  return new Map([...graphs].map(([, name = '', url = '']) => [name, url]));
}

function isHttp(url: string | undefined): url is string {
  return url !== undefined && URL.canParse(url) && /^https?:/.test(url);
}
