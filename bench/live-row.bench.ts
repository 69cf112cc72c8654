import { setTimeout as delay } from 'node:timers/promises';
import { type LiveStream, overSsePost, overWebSocket } from '../test/gateway/live-clients.ts';
import { type Product, startProduct, startSplit } from '../test/support/product.ts';
import { RemoteDevice } from '../test/support/remote-device.ts';
import { environment, quantile, spreadOf } from './machine.ts';
import { type BenchOptions, type BenchResult, goal, shown } from './result.ts';

const pushMsMax = 1_000;
/** Rows are pushed once a second at most: what happens sooner waits for that, not for the row. */
const everyMs = 1_500;
/** Two films by turns: each pause brings the other one to the front. */
const films = ['mov_big_buck_bunny', 'mov_sintel'] as const;
/** Far enough into both to have a card. */
const fromMs = 180_000;

const wholeScale = { viewers: 20, turns: 15 };
/** A smoke test: whether every row is pushed, not how soon. */
const quickScale = { viewers: 3, turns: 2 };

const shapes = { 'one process': startProduct, 'four processes': startSplit } as const;

type Shape = keyof typeof shapes;

/** How soon a row that changed is pushed, from sending the heartbeat that changed it. */
export async function liveRowBench({ isQuick, say }: BenchOptions): Promise<BenchResult> {
  const scale = isQuick ? quickScale : wholeScale;
  const waited: Record<string, number[]> = {};
  for (const shape of Object.keys(shapes) as Shape[]) {
    say(`live-row: ${shape}, ${scale.viewers} viewers, ${scale.turns} changes each`);
    const product = await shapes[shape]();
    try {
      waited[shape] = await measure(product, scale);
    } finally {
      await product.stop();
    }
  }
  return {
    bench: 'live-row',
    mode: isQuick ? 'quick' : 'whole',
    environment: environment(),
    goals: Object.entries(waited).map(([shape, ms]) =>
      goal(
        `heartbeat sent to row pushed, ${shape}, p99 ms`,
        { atMost: pushMsMax },
        quantile(ms, 0.99),
      ),
    ),
    tables: [
      {
        title: 'How soon a row is pushed',
        notes: [
          `${scale.viewers} viewers, half of them over SSE and half over a WebSocket, each with a device that pauses one of two films by turns, every ${everyMs} ms; from sending that heartbeat until the row with that film in front has arrived. Embedded stores.`,
        ],
        header: ['shape', 'rows', 'p50 ms', 'p90 ms', 'p99 ms', 'max ms'],
        plot: { kind: 'bars', name: 'pushes', unit: 'ms', columns: ['p50 ms', 'p90 ms', 'p99 ms'] },
        rows: Object.entries(waited).map(([shape, ms]) => [
          shape,
          String(ms.length),
          ...[0.5, 0.9, 0.99].map((share) => shown(quantile(ms, share))),
          shown(spreadOf(ms).max),
        ]),
      },
    ],
    failures: [],
  };
}

/** Errors: throws when a row is not pushed within 10 s, or a heartbeat is refused. */
async function measure(
  product: Product,
  { viewers, turns }: { viewers: number; turns: number },
): Promise<number[]> {
  const watched = Array.from({ length: viewers }, async (_, number) => {
    await delay((number * everyMs) / viewers);
    return watchOne(product, { number, turns });
  });
  return (await Promise.all(watched)).flat();
}

async function watchOne(
  product: Product,
  { number, turns }: { number: number; turns: number },
): Promise<number[]> {
  const token = await product.token(`live-row-${number}`);
  const devices = await Promise.all(films.map((film) => startFilm(product, token, film)));
  const subscribe = number % 2 === 0 ? overSsePost : overWebSocket;
  const addresses = {
    url: `${product.url}/graphql`,
    webSocketUrl: `${product.url.replace('http', 'ws')}/graphql`,
  };
  const stream = subscribe(addresses, query, { token });
  const waitedMs: number[] = [];
  try {
    await stream.next();
    for (let turn = 0; turn < turns; turn += 1) {
      await delay(everyMs);
      const which = turn % films.length;
      const sentAtMs = performance.now();
      const report = devices[which]?.report({ event: 'PAUSE', positionMs: fromMs + turn });
      await inFront(stream, films[which] as string);
      waitedMs.push(performance.now() - sentAtMs);
      const outcome = (await report)?.outcome;
      if (outcome !== 'ACCEPTED') throw new Error(`A pause was ${outcome}.`);
    }
  } finally {
    await stream.leave();
  }
  return waitedMs;
}

const query = `subscription {
  continueWatchingUpdates {
    viewer { continueWatching(first: 5) { edges { node { playableId kind score } } } }
  }
}`;

async function startFilm(product: Product, token: string, film: string): Promise<RemoteDevice> {
  const device = new RemoteDevice(product, token);
  await device.begin({ playableId: film, deviceId: `tv-${film}`, deviceKind: 'TV' });
  await device.report({ event: 'START', positionMs: fromMs });
  return device;
}

async function inFront(stream: LiveStream, film: string): Promise<void> {
  for (;;) {
    const result = await stream.next();
    if (result === undefined) throw new Error('The stream of rows has ended.');
    const [first] = result.data?.continueWatchingUpdates.viewer.continueWatching?.edges ?? [];
    if (first?.node.playableId === film) return;
  }
}
