import { beforeEach, describe, expect, it } from '@jest/globals';
import { minuteMs, secondMs, sharePlayback, type TestDevice } from '../../support/playback.ts';

const playback = sharePlayback();
let tv: TestDevice;

beforeEach(async () => {
  tv = playback.device();
});

interface Page {
  edges: { cursor: string; node: { playableId: string } }[];
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}

const selection = `{ edges { cursor node { playableId } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`;

async function page(
  field: 'inProgress' | 'history',
  variables: { first?: number; after?: string | null; filter?: object | null } = {},
): Promise<Page> {
  const isFiltered = variables.filter !== undefined;
  const query = `query ($first: Int! = 20, $after: String ${isFiltered ? ', $filter: PlayheadFilter' : ''}) {
    viewer { ${field}(first: $first, after: $after ${isFiltered ? ', filter: $filter' : ''}) ${selection} } }`;
  return (await playback.data(query, variables)).viewer[field];
}

async function titles(...of: Parameters<typeof page>): Promise<string[]> {
  return (await page(...of)).edges.map(({ node }) => node.playableId);
}

/** Watches a title for a moment, a second after the one before. */
async function watch(title: string, event = 'HEARTBEAT'): Promise<void> {
  await playback.clock.advance(secondMs);
  await tv.begin({ playableId: title });
  await tv.report(event, minuteMs);
}

describe('inProgress', () => {
  it('holds what was started and not finished, most recently active first', async () => {
    for (const title of ['a', 'b', 'c', 'd', 'e', 'f']) await watch(title);
    await playback.change('finishPlayhead', { playableId: 'b' });
    await playback.change('forgetPlayhead', { playableId: 'c' });
    await playback.change('hidePlayhead', { playableId: 'd' });
    await playback.change('hidePlayhead', { playableId: 'never-started' });
    await watch('a');
    expect(await titles('inProgress')).toEqual(['a', 'f', 'e']);
  });

  it('is empty for who never watched anything', async () => {
    expect(await page('inProgress')).toEqual({
      edges: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
  });

  it('moves nothing to the front by hiding and unhiding', async () => {
    await watch('a');
    await watch('b');
    await playback.change('hidePlayhead', { playableId: 'a' });
    await playback.change('unhidePlayhead', { playableId: 'a' });
    expect(await titles('inProgress')).toEqual(['b', 'a']);
  });

  it('is the profile’s own', async () => {
    await watch('a');
    const query = `{ viewer { inProgress ${selection} } }`;
    expect((await playback.data(query, {}, playback.guestId)).viewer.inProgress.edges).toEqual([]);
  });
});

describe('history', () => {
  beforeEach(async () => {
    for (const title of ['watching', 'hidden', 'forgotten']) await watch(title);
    await watch('finished', 'FINISH');
    await watch('finished-and-hidden', 'FINISH');
    await playback.change('hidePlayhead', { playableId: 'hidden' });
    await playback.change('hidePlayhead', { playableId: 'finished-and-hidden' });
    await playback.change('forgetPlayhead', { playableId: 'forgotten' });
  });

  it.each<[object | null | undefined, string[]]>([
    [undefined, ['finished-and-hidden', 'finished', 'hidden', 'watching']],
    [null, ['finished-and-hidden', 'finished', 'hidden', 'watching']],
    [{}, ['finished-and-hidden', 'finished', 'hidden', 'watching']],
    [{ status: null, hidden: null }, ['finished-and-hidden', 'finished', 'hidden', 'watching']],
    [{ status: 'FINISHED' }, ['finished-and-hidden', 'finished']],
    [{ status: 'IN_PROGRESS' }, ['hidden', 'watching']],
    [{ status: 'NOT_STARTED' }, []],
    [{ hidden: true }, ['finished-and-hidden', 'hidden']],
    [{ hidden: false }, ['finished', 'watching']],
    [{ status: 'FINISHED', hidden: true }, ['finished-and-hidden']],
    [{ status: 'IN_PROGRESS', hidden: false }, ['watching']],
  ])('filtered by %j', async (filter, expected) => {
    expect(await titles('history', filter === undefined ? {} : { filter })).toEqual(expected);
  });
});

describe('a page', () => {
  const all = ['g', 'f', 'e', 'd', 'c', 'b', 'a'];
  beforeEach(async () => {
    for (const title of all.toReversed()) await watch(title);
  });

  it.each(['inProgress', 'history'] as const)('of %s follows the one before', async (field) => {
    const first = await page(field, { first: 3 });
    const second = await page(field, { first: 3, after: first.pageInfo.endCursor });
    const third = await page(field, { first: 3, after: second.pageInfo.endCursor });
    const shown = [first, second, third].map(({ edges }) =>
      edges.map(({ node }) => node.playableId),
    );
    expect(shown).toEqual([['g', 'f', 'e'], ['d', 'c', 'b'], ['a']]);
    expect([first, second, third].map(({ pageInfo }) => pageInfo)).toMatchObject([
      { hasNextPage: true, hasPreviousPage: false },
      { hasNextPage: true, hasPreviousPage: true },
      { hasNextPage: false, hasPreviousPage: true },
    ]);
    expect(second.pageInfo.startCursor).toBe(second.edges[0]?.cursor);
    expect(second.pageInfo.endCursor).toBe(second.edges[2]?.cursor);
  });

  it('that ends with the last one has none after it', async () => {
    expect((await page('inProgress', { first: 7 })).pageInfo.hasNextPage).toBe(false);
    expect((await page('inProgress', { first: 6 })).pageInfo.hasNextPage).toBe(true);
  });

  it('neither repeats nor skips what stays where it is while others move', async () => {
    const first = await page('inProgress', { first: 3 });
    await watch('c');
    await watch('e');
    await playback.change('forgetPlayhead', { playableId: 'f' });
    expect(await titles('inProgress', { after: first.pageInfo.endCursor })).toEqual([
      'd',
      'b',
      'a',
    ]);
  });

  it('after a title that is gone goes on where that one was', async () => {
    const first = await page('inProgress', { first: 3 });
    await playback.change('forgetPlayhead', { playableId: 'e' });
    expect(await titles('inProgress', { after: first.pageInfo.endCursor })).toEqual([
      'd',
      'c',
      'b',
      'a',
    ]);
  });

  it('without `first` is 20 long, and `after: null` begins at the front', async () => {
    for (let index = 0; index < 20; index += 1) await watch(`more-${index}`);
    const { viewer } = await playback.data(`{ viewer { inProgress ${selection} } }`);
    expect(viewer.inProgress.edges).toHaveLength(20);
    expect(await titles('inProgress', { after: null })).toHaveLength(20);
  });

  it('survives a restart: a cursor is a place in the order, not in a memory', async () => {
    const first = await page('inProgress', { first: 3 });
    await playback.drain();
    await playback.kill();
    expect(await titles('inProgress', { first: 2, after: first.pageInfo.endCursor })).toEqual([
      'd',
      'c',
    ]);
  });
});

describe('an argument out of its range', () => {
  it.each<[string, 'inProgress' | 'history', string]>(
    (['inProgress', 'history'] as const).flatMap((field) => [
      ['first', field, '(first: 0)'],
      ['first', field, '(first: -1)'],
      ['first', field, '(first: 101)'],
      ['first', field, '(first: 2147483647)'],
      ['after', field, '(after: "")'],
      ['after', field, '(after: "nonsense")'],
      ['after', field, `(after: "${Buffer.from('0/film').toString('base64url')}")`],
    ]),
  )('is BAD_USER_INPUT and names %s: %s%s', async (argument, field, given) => {
    const { data, errors } = await playback.ask(`{ viewer { id ${field}${given} ${selection} } }`);
    expect(data.viewer).toEqual({ id: expect.any(String), [field]: null });
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining(argument),
        path: ['viewer', field],
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ]);
  });

  it.each(['first: null', 'first: 1.5', 'first: "3"'])('is refused outright: %s', async (given) => {
    const { errors } = await playback.ask(`{ viewer { inProgress(${given}) ${selection} } }`);
    expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
  });

  it.each([1, 99, 100])('is not `first: %i`', async (first) => {
    expect((await page('history', { first })).edges).toEqual([]);
  });
});

describe('lists', () => {
  it('reach back 300 titles', async () => {
    for (let index = 0; index < 301; index += 1) await watch(`film-${index}`);
    let after: string | null = null;
    const seen: string[] = [];
    do {
      const { edges, pageInfo }: Page = await page('history', { first: 100, after });
      seen.push(...edges.map(({ node }) => node.playableId));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    expect(seen).toHaveLength(300);
    expect(seen[0]).toBe('film-300');
    expect(seen.at(-1)).toBe('film-1');
  });
});
