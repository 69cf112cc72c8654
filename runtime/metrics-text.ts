/** One metric with its samples, as Prometheus' text format writes it. */
interface Family {
  head: string[];
  samples: string[];
}

/**
 * Several scrapes as one: the samples of a metric that two parts of a process have stand together, as
 * the text format demands. Their labels must differ.
 */
export function mergeMetrics(texts: readonly string[]): string {
  const families = new Map<string, Family>();
  for (const text of texts) addTo(families, text);
  return [...families.values()]
    .flatMap(({ head, samples }) => [...head, ...samples])
    .map((line) => `${line}\n`)
    .join('');
}

function addTo(families: Map<string, Family>, text: string): void {
  let family: Family = { head: [], samples: [] };
  let isKnown = false;
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, kind, name = ''] = /^# (HELP|TYPE) (\S+)/.exec(line) ?? [];
    if (kind === undefined) {
      family.samples.push(line);
      continue;
    }
    if (kind === 'HELP') {
      isKnown = families.has(name);
      family = families.get(name) ?? { head: [], samples: [] };
      families.set(name, family);
    }
    if (!isKnown) family.head.push(line);
  }
}
