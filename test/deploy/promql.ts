/** What a PromQL expression asks of Prometheus: the series that it selects. */
export interface Selector {
  metric: string;
  /** Label, operator and value, such as `['store', '=~', 'hot store.*']`. */
  matchers: readonly (readonly [label: string, operator: string, value: string])[];
}

/** What stands between two operands, and is no metric. */
const words = new Set(['and', 'or', 'unless', 'offset', 'bool']);
const labelLists = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g;
/** Strings, ranges and numbers are passed over; a word before a parenthesis is a function. */
const tokens = /"[^"]*"|\[[^\]]*\]|[\d.]+[a-z]*|([a-zA-Z_:][\w:]*)\s*(\()?(?:\{([^}]*)\})?/g;

/** Every series that an expression selects, in its order. */
export function selectorsOf(expression: string): Selector[] {
  const operands = expression.replaceAll(labelLists, ' ').matchAll(tokens);
  return [...operands].flatMap(([, name, call, matchers = '']) =>
    name === undefined || call !== undefined || words.has(name)
      ? []
      : [{ metric: name, matchers: matchersOf(matchers) }],
  );
}

function matchersOf(text: string): Selector['matchers'] {
  return [...text.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)].map(
    ([, label = '', operator = '', value = '']) => [label, operator, value] as const,
  );
}

/** One series of a scrape: its name, labels and value. */
export interface Sample {
  metric: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

/** What a process answered to GET /metrics. */
export function samplesOf(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => /^[a-z]/.test(line))
    .map((line) => {
      const [, metric = '', labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)];
      return {
        metric,
        labels: Object.fromEntries(pairs.map(([, label, it]) => [label, it])),
        value: Number(value),
      };
    });
}

const ofScrape = new Set(['job', 'instance', 'part']);

/** Whether a series is among those that are selected; labels that a scrape adds are not looked at. */
export function isSelected(sample: Sample, { metric, matchers }: Selector): boolean {
  return (
    sample.metric === metric &&
    matchers.every(([label, operator, value]) => {
      if (ofScrape.has(label)) return true;
      const actual = sample.labels[label] ?? '';
      const isMatch = operator.endsWith('~')
        ? new RegExp(`^(?:${value})$`).test(actual)
        : actual === value;
      return operator.startsWith('!') ? !isMatch : isMatch;
    })
  );
}
