/** Of many kinds of errors, the latest ones tell what went wrong. */
const kindsMax = 8;

/**
 * What processes met lately, from the lines they logged: a line for each kind of error, when it was last, how
 * often, and its causes. For whoever reads a failed run, where its files are gone.
 */
export function toldByProcesses(output: string): string[] {
  const lines = output.split('\n').flatMap((line) => errorIn(line) ?? []);
  const kinds = [...Map.groupBy(lines, ({ what }) => what)].map(([what, met]) => {
    const lastMs = Math.max(...met.map(({ timeMs }) => timeMs));
    return { lastMs, told: `${new Date(lastMs).toISOString()} ×${met.length} ${what}` };
  });
  const byTime = kinds.sort((left, right) => left.lastMs - right.lastMs);
  return byTime.slice(-kindsMax).map(({ told }) => told);
}

function errorIn(line: string): { timeMs: number; what: string } | null {
  const { time, msg, err } = loggedIn(line);
  if (time === undefined || err === undefined) return null;
  return { timeMs: Number(new Date(time)), what: [msg, ...causesOf(err)].join(' <- ') };
}

/** Nothing in what is no line of a log, or the half of one: a process that was killed writes no more. */
function loggedIn(line: string): Partial<Logged> {
  try {
    return line.startsWith('{') ? (JSON.parse(line) as Logged) : {};
  } catch {
    return {};
  }
}

interface Logged {
  time: string | number;
  msg: string;
  err?: Described;
}

interface Described {
  message: string;
  causes?: readonly Described[];
}

function causesOf({ message, causes = [] }: Described): string[] {
  return [message, ...causes.flatMap(causesOf)];
}
