import { createGatewayRuntime, type GatewayRuntime } from '@graphql-hive/gateway-runtime';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { limitCost } from '../../gateway/cost-limit.ts';
import { limitDocuments } from '../../gateway/document-limits.ts';
import { embeddedTransports } from '../../gateway/embedded-executor.ts';
import { decide } from '../../gateway/forwardable.ts';
import { authentication } from '../../gateway/identity.ts';
import type { LaneGraph } from '../../gateway/lane-decision.ts';
import { LaneDocuments } from '../../gateway/lane-documents.ts';
import { type Composed, composed, laneGraph } from './lane-graphs.ts';

const sdls = {
  shows: `type Query {
    show(id: ID!): Show
    mine: Show @authenticated
    shows: [Show!] @listSize(assumedSize: 100)
  }
  type Show @key(fields: "id") { id: ID! title: String next: Show }`,
  stars: 'type Show @key(fields: "id") { id: ID! stars: Int }',
};
const show = { id: '1', title: 'A show' };
const plain = '{ show(id: 1) { title } }';

describe('documents that the lane knows', () => {
  let sources: Composed;
  let graph: LaneGraph;
  let served: string;
  let runtime: GatewayRuntime;
  let documents: LaneDocuments;
  let decideBy: typeof decide;
  /** What was decided on, by operation name. */
  let decisions: (string | null)[];
  /** What is to be done once the answer is out. */
  let later: (() => void)[];

  beforeAll(async () => {
    sources = composed(sdls);
    graph = await laneGraph(sources);
  });
  beforeEach(async () => {
    decisions = [];
    decideBy = decide;
    later = [];
    documents = new LaneDocuments({
      decide(...asked) {
        decisions.push(asked[1].operationName);
        return decideBy(...asked);
      },
      later: (work) => later.push(work),
    });
    served = sources.supergraph;
    const shows = async () => ({ data: { show, mine: show, shows: [show] } });
    runtime = createGatewayRuntime({
      supergraph: () => served,
      ...embeddedTransports({ shows, stars: shows }),
      logging: false,
      genericAuth: authentication({ verify: async () => null }),
      plugins: () => [limitDocuments(), limitCost(50), documents.plugin()],
    });
    await runtime.getSchema();
    documents.reset(graph);
  });
  afterEach(async () => {
    await runtime[Symbol.asyncDispose]();
  });

  /** As a client does; what follows the answer has been done when it resolves. */
  async function ask(query: string, operationName?: string): Promise<unknown> {
    const response = await runtime.fetch('http://localhost/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, operationName }),
    });
    const answer = await response.json();
    for (let work = later.shift(); work !== undefined; work = later.shift()) work();
    return answer;
  }

  it('are those that were answered once', async () => {
    expect(documents.find(plain, null)).toBeUndefined();
    expect(await ask(plain)).toEqual({ data: { show: { title: 'A show' } } });
    const found = documents.find(plain, null);
    expect(found).toEqual({
      kind: 'forward',
      subgraph: 'shows',
      text: '{show(id:1){title}}',
      operation: 'query',
      needsViewer: false,
    });
    await ask(plain);
    expect(documents.find(plain, null)).toBe(found);
    expect(decisions).toEqual([null]);
  });

  it('are decided on behind the answer', async () => {
    const work: (() => void)[] = [];
    later.push = (...more) => work.push(...more);
    await ask(plain);
    expect(decisions).toEqual([]);
    expect(documents.find(plain, null)).toBeUndefined();
    for (const each of work) each();
    expect(documents.find(plain, null)).toMatchObject({ kind: 'forward' });
  });

  it('are refused once, too', async () => {
    const text = '{ show(id: 1) { stars } }';
    await ask(text);
    await ask(text);
    expect(documents.find(text, null)).toEqual({ kind: 'refuse', reason: 'several-fetches' });
    expect(decisions).toHaveLength(1);
  });

  it('are refused when they cannot be decided on, and harm nobody', async () => {
    decideBy = () => {
      throw new Error('It is like no document before.');
    };
    await ask(plain);
    expect(documents.find(plain, null)).toEqual({ kind: 'refuse', reason: 'unplannable' });
  });

  it.each([
    ['is no document', '{ show('],
    ['is not valid', '{ show(id: 1) { name } }'],
    ['costs too much', '{ shows { title } }'],
    ['is too deep', `{ show(id: 1) ${'{ next '.repeat(12)} { title } ${'}'.repeat(13)}`],
    ['is for viewers', '{ mine { title } }'],
  ])('are none that the normal lane refuses: it %s', async (_why, text) => {
    expect(await ask(text)).toHaveProperty('errors');
    expect(decisions).toEqual([]);
    expect(documents.find(text, null)).toBeUndefined();
  });

  it('are told apart by every letter and every name', async () => {
    const text = 'query A { show(id: 1) { id } } query B { show(id: 1) { stars } }';
    await ask(text, 'A');
    expect(documents.find(text, 'A')).toMatchObject({ kind: 'forward' });
    await ask(text, 'B');
    expect(documents.find(text, 'B')).toMatchObject({ kind: 'refuse' });
    expect(documents.find(text, 'A')).toMatchObject({ kind: 'forward' });
    for (const other of [`${text} `, text.slice(0, -1), text.replace('stars', 'title')]) {
      expect(documents.find(other, 'A')).toBeUndefined();
    }
    for (const name of [null, '', 'a', 'A ', '__proto__']) {
      expect(documents.find(text, name)).toBeUndefined();
    }
  });

  it('are none under an empty name', async () => {
    await ask(plain, '');
    await ask(plain);
    expect(documents.find(plain, null)).toMatchObject({ kind: 'forward' });
    expect(documents.find(plain, '')).toBeUndefined();
  });

  it('are none of more than 8 KiB', async () => {
    const long = `${plain}${' '.repeat(8 * 1024)}`;
    expect(await ask(long)).toHaveProperty('data');
    expect(documents.find(long, null)).toBeUndefined();
  });

  it('are 500 at most, of which the oldest are forgotten', async () => {
    decideBy = () => ({ kind: 'refuse', reason: 'directive' });
    await ask(plain);
    for (let count = 0; count < 500; count += 1) await ask(`{ show(id: ${count}) { id } }`);
    expect(documents.find(plain, null)).toBeUndefined();
    expect(documents.find('{ show(id: 499) { id } }', null)).toMatchObject({ kind: 'refuse' });
  });

  it('are decided on anew by another graph', async () => {
    await ask(plain);
    documents.reset(await laneGraph(sources, { known: ['stars'] }));
    expect(documents.find(plain, null)).toBeUndefined();
    await ask(plain);
    expect(documents.find(plain, null)).toEqual({ kind: 'refuse', reason: 'unknown-subgraph' });
  });

  it('are none without a graph, nor from before it', async () => {
    await ask(plain);
    documents.reset(null);
    expect(documents.find(plain, null)).toBeUndefined();
    await ask(plain);
    documents.reset(graph);
    expect(documents.find(plain, null)).toBeUndefined();
  });

  it('are none of the supergraph before', async () => {
    await ask(plain);
    served = composed({ ...sdls, stars: `${sdls.stars} type Query { star: Int }` }).supergraph;
    await Promise.resolve(runtime.invalidateUnifiedGraph());
    await runtime.getSchema();
    expect(documents.find(plain, null)).toBeUndefined();
    await ask(plain);
    expect(documents.find(plain, null)).toMatchObject({ kind: 'forward' });
  });
});
