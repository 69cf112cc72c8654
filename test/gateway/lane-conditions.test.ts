import { describe, expect, it } from '@jest/globals';
import { laneRules } from '../../gateway/forwardable.ts';
import { type Conditions, conditions } from './lane-conditions.ts';
import { type Composed, composed, decided, laneGraph } from './lane-graphs.ts';

describe.each(Object.entries(conditions))('conditions of the lane: %s', (_name, each) => {
  it.each(Object.entries(each.forwarded))('%s goes to %s', async (text, subgraph) => {
    expect(decided(await graphOf(each), text)).toMatchObject({ kind: 'forward', subgraph });
  });

  it.each(each.refused)('no: $why', async ({ text, seenBy, there }) => {
    expect(decided(await graphOf(each), text).kind).toBe('refuse');
    const graph = await graphOf(there === undefined ? each : { ...each, known: [there] });
    const isRefusedBy = (names: readonly string[]) => {
      const others = laneRules.map(({ name }) => name).filter((name) => !names.includes(name));
      return decided(graph, text, { without: others }).kind === 'refuse';
    };
    // With a plan it is the planned subgraph that the others look at.
    const plan = isRefusedBy(['one-fetch']) ? [] : ['one-fetch'];
    const seeing = laneRules.map(({ name }) => name).filter((name) => isRefusedBy([name, ...plan]));
    expect({ text, seeing }).toEqual({ text, seeing: seenBy });
    expect(decided(graph, text, { without: seenBy }).kind).toBe('forward');
  });
});

async function graphOf(each: Conditions) {
  const { supergraph, sdls } = composed(each.sdls);
  const now = (sdl: string) =>
    (each.since ?? []).reduce((text, [old, replaced]) => text.replace(old, replaced), sdl);
  const told: Composed = {
    supergraph,
    sdls: new Map([...sdls].map(([name, sdl]) => [name, now(sdl)])),
  };
  return laneGraph(told, each);
}

describe('the conditions of the lane', () => {
  const sdls = { a: 'type Query { one: Int }', b: 'type Query { two: Int }' };

  it('cannot be looked at for a subgraph that has not said what it is', async () => {
    const graph = await laneGraph(composed(sdls), { known: ['b'] });
    expect(decided(graph, '{ one }')).toEqual({ kind: 'refuse', reason: 'unknown-subgraph' });
    expect(decided(graph, '{ two }')).toMatchObject({ kind: 'forward', subgraph: 'b' });
  });

  it('are each needed: without it alone a document goes where it must not', () => {
    const alone = Object.values(conditions).flatMap(({ refused }) =>
      refused.filter(({ seenBy }) => seenBy.length === 1).flatMap(({ seenBy }) => seenBy),
    );
    // What has many answers has no plan of one fetch either.
    const needed = new Set([...alone, 'query-or-mutation']);
    expect(laneRules.map(({ name }) => name).filter((name) => !needed.has(name))).toEqual([]);
  });

  it('ask the subgraph that the planner chose, of two that could', async () => {
    const shared = 'type Query { shared: Int @shareable }';
    const graph = await laneGraph(composed({ a: shared, b: shared }));
    const chosen = graph.plan('{ shared }', null)?.subgraph;
    const turned = new Map([...graph.subgraphs].sort(([name]) => (name === chosen ? 1 : -1)));
    const other = { ...graph, subgraphs: turned };
    expect(decided(other, '{ shared }')).toMatchObject({ subgraph: chosen });
    expect(decided(other, '{ shared }', { without: ['one-fetch'] })).not.toMatchObject({
      subgraph: chosen,
    });
  });

  it('are those of one operation of several, and only it is sent', async () => {
    const graph = await laneGraph(composed(sdls));
    const text = `query A { ...F ...F } fragment F on Query { one ...G } fragment G on Query { x: one }
      query B { ...H } fragment H on Query { two }
      query Both { ...F ...H }`;
    expect(decided(graph, text, { operationName: 'A' })).toMatchObject({
      subgraph: 'a',
      text: '{...F ...F}fragment F on Query{one ...G}fragment G on Query{x:one}',
    });
    expect(decided(graph, text, { operationName: 'B' })).toMatchObject({ subgraph: 'b' });
    for (const [operationName, reason] of [
      ['Both', 'several-fetches'],
      ['C', 'unsupported-operation'],
      ['', 'unsupported-operation'],
      [null, 'unsupported-operation'],
    ] as const) {
      expect(decided(graph, text, { operationName })).toEqual({ kind: 'refuse', reason });
    }
  });
});

describe('what needs a viewer', () => {
  const sdl = `type Query {
      open: Open
      field: Int @authenticated
      parent: Parent
      either: Either
      found: Found
    }
    type Open { one: Int two: Int @authenticated }
    type Parent @authenticated { one: Int }
    interface Either { one: Int }
    type A implements Either { one: Int @authenticated }
    union Found = Closed
    type Closed @authenticated { one: Int }`;

  it.each([
    ['{ open { one } }', false],
    ['{ open { one ...F } } fragment F on Open { two }', true],
    ['{ field }', true],
    ['{ parent { one } }', true],
    ['{ parent { __typename } open { one } }', true],
    ['{ either { one } }', true],
    ['{ found { __typename } open { one } }', true],
  ])('%s: %s', async (text, needsViewer) => {
    const graph = await laneGraph(composed({ a: sdl }));
    expect(decided(graph, text)).toMatchObject({ kind: 'forward', needsViewer });
  });
});
