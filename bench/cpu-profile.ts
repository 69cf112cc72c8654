/** A profile as V8 writes it: nodes of a call tree, and which of them was on top at each sample. */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string } }[];
  startTime: number;
  samples: number[];
  /** Of each sample from the one before, µs. */
  timeDeltas: number[];
}

/** On the profile's own clock, which is the machine's monotonic one, µs. */
export interface TimeWindow {
  fromUs: number;
  toUs: number;
}

/** Where a package's functions are counted; the first that fits. */
const groups: readonly [name: string, fits: RegExp][] = [
  [
    'sockets and HTTP of Node',
    /^node:(internal\/)?(_http|http|net|_tls|stream|streams|dgram|js_stream|internal\/stream|undici|deps\/undici)/,
  ],
  [
    'timers, ticks and promises of Node',
    /^node:(internal\/)?(timers|process\/task|process\/promises|async_hooks)/,
  ],
  ['other parts of Node', /^node:/],
  [
    'ioredis',
    /\/node_modules\/(ioredis|@ioredis|redis-parser|redis-errors|standard-as-callback)\//,
  ],
  [
    'graphql-jit',
    /\/node_modules\/(graphql-jit|fast-json-stringify|generate-function|lodash[^/]*)\//,
  ],
  ['graphql', /\/node_modules\/(graphql|@graphql-tools)\//],
  [
    'Hive gateway and Yoga',
    /\/node_modules\/(@graphql-hive|@graphql-mesh|@envelop|graphql-yoga|@graphql-yoga|@whatwg-node)\//,
  ],
  ['Apollo Server', /\/node_modules\/@apollo\//],
  ['WebSocket libraries', /\/node_modules\/(ws|graphql-ws)\//],
  ['undici', /\/node_modules\/undici\//],
  ['other packages', /\/node_modules\//],
  ['our code', /^file:\/\//],
];
const native: Readonly<Record<string, string>> = {
  '(garbage collector)': 'garbage collector',
  '(program)': 'native code outside functions',
};
const json = new Set(['parse', 'stringify']);

/** Share of the busy time that each group of functions had itself, largest first; whoever is idle does not count. */
export function selfShares(
  profile: CpuProfile,
  windows: readonly TimeWindow[],
): [group: string, share: number][] {
  const groupOf = new Map(profile.nodes.map(({ id, callFrame }) => [id, groupOfFrame(callFrame)]));
  const spentUs = new Map<string, number>();
  let atUs = profile.startTime;
  for (const [index, id] of profile.samples.entries()) {
    const tookUs = profile.timeDeltas[index] ?? 0;
    atUs += tookUs;
    const group = groupOf.get(id) ?? null;
    if (group === null || !windows.some(({ fromUs, toUs }) => atUs >= fromUs && atUs < toUs))
      continue;
    spentUs.set(group, (spentUs.get(group) ?? 0) + tookUs);
  }
  const busyUs = [...spentUs.values()].reduce((total, each) => total + each, 0);
  return [...spentUs]
    .map(([group, us]): [string, number] => [group, us / busyUs])
    .sort(([, left], [, right]) => right - left);
}

function groupOfFrame({ functionName, url }: { functionName: string; url: string }): string | null {
  if (functionName === '(idle)' || functionName === '(root)') return null;
  const known = native[functionName];
  if (known !== undefined) return known;
  if (url === '')
    return json.has(functionName)
      ? 'JSON'
      : 'built-in functions, system calls among them, and code of graphql-jit';
  return (
    groups.find(([, fits]) => fits.test(url))?.[0] ??
    'built-in functions, system calls among them, and code of graphql-jit'
  );
}
