import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { continueWatchingSubscription, recordHeartbeatsMutation } from '../../client/operations.ts';
import { documentLimits } from '../../gateway/document-limits.ts';
import { overWebSocket } from './live-clients.ts';
import { openToyGateway, type ToyGateway } from './toy-gateway.ts';

const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

/** A document that holds so many of what is limited, and little else. */
const documents: Record<string, (count: number) => string> = {
  tokens: (count) => `{ playables(ids: [${times(count - 12, () => '"a"')}]) { id } }`,
  // A playable's playhead is a playable's.
  depth: (count) => {
    const circle = times(count - 2, (index) => (index % 2 === 0 ? 'playhead {' : 'playable {'));
    return `{ playable(id: "a") { ${circle} id ${times(count - 2, () => '}')} } }`;
  },
  // What a fragment holds counts wherever it is spread.
  aliases: (count) => {
    const own = count % 2 === 0 ? '' : 'own: id';
    return `{ viewer { ...Many ...Many ${own} } }
      fragment Many on Viewer { ${times(Math.floor(count / 2), (index) => `a${index}: id`)} }`;
  },
  fields: (count) => {
    const tens = Math.floor((count - 1) / 10);
    return `{ viewer { ${times(tens, () => '...Ten')} ${times((count - 1) % 10, () => 'id')} } }
      fragment Ten on Viewer { ...Five ...Five } fragment Five on Viewer { ${times(5, () => 'id')} }`;
  },
  // Of the document, and not of one field: none may be given twice there.
  directives: (count) => `{ viewer { ${times(count, () => 'id @skip(if: false)')} } }`,
};

const limits: Record<string, number> = {
  tokens: documentLimits.tokensMax,
  depth: documentLimits.depthMax,
  aliases: documentLimits.aliasesMax,
  fields: documentLimits.fieldsMax,
  directives: documentLimits.directivesMax,
};

const codeOf = (what: string) =>
  what === 'tokens' ? 'GRAPHQL_PARSE_FAILED' : 'GRAPHQL_VALIDATION_FAILED';

describe('what one document may ask for', () => {
  let gateway: ToyGateway;
  beforeAll(async () => {
    gateway = await openToyGateway('embedded');
  });
  beforeEach(() => gateway.toys.forget());
  afterAll(() => gateway.close());

  const cases = Object.entries(documents).map(([what, ofCount]) => ({ what, ofCount }));

  it.each(cases)('is limited in $what', async ({ what, ofCount }) => {
    const limit = limits[what] ?? Number.NaN;
    for (const count of [limit - 1, limit]) {
      const answer = await gateway.ask(ofCount(count), { profileId: 'alice' });
      expect(answer).toMatchObject({ status: 200, errors: undefined });
    }
    gateway.toys.forget();
    const refused = await gateway.ask(ofCount(limit + 1));
    expect(refused.errors?.map(({ extensions }) => extensions)).toEqual([
      { code: codeOf(what), retryable: false },
    ]);
    expect(refused.errors?.[0]?.message).toContain(String(limit));
    expect(refused.errors?.[0]?.locations).toHaveLength(1);
    expect(refused.data).toBeUndefined();
    expect(gateway.toys.fetchCount).toBe(0);
  });

  it.each(cases)('is limited in $what over a socket as well', async ({ what, ofCount }) => {
    const query = ofCount((limits[what] ?? Number.NaN) + 1);
    const stream = overWebSocket(gateway, query, { token: await gateway.token('alice') });
    expect((await stream.next())?.errors).toMatchObject([{ extensions: { code: codeOf(what) } }]);
    await stream.leave();
    expect(gateway.toys.fetchCount).toBe(0);
  });

  // What breaks: a text of few tokens and many characters, which the runtime would keep for an hour.
  // How: a comment, a string and a name that are as long as the limit, one less, and one more.
  // What must hold: one more is refused as a text, over HTTP and by socket.
  it.each([
    ['a comment', (length: number) => `#${'x'.repeat(length - 19)}\n{ viewer { id } }`],
    ['a string', (length: number) => `{ playable(id: "${'x'.repeat(length - 27)}") { id } }`],
  ])('is limited in characters: %s', async (_what, ofLength) => {
    const { textLengthMax: limit } = documentLimits;
    for (const length of [limit - 1, limit]) {
      expect(ofLength(length)).toHaveLength(length);
      const { errors = [] } = await gateway.ask(ofLength(length), { profileId: 'alice' });
      expect(errors.map(({ extensions }) => extensions.code)).not.toContain('GRAPHQL_PARSE_FAILED');
    }
    gateway.toys.forget();
    const refused = [{ code: 'GRAPHQL_PARSE_FAILED', retryable: false }];
    const answer = await gateway.ask(ofLength(limit + 1));
    expect(answer.errors?.map(({ extensions }) => extensions)).toEqual(refused);
    expect(answer.errors?.[0]?.message).toContain(String(limit));
    const token = await gateway.token('alice');
    const stream = overWebSocket(gateway, ofLength(limit + 1), { token });
    expect((await stream.next())?.errors?.map(({ extensions }) => extensions)).toEqual(refused);
    await stream.leave();
    expect(gateway.toys.fetchCount).toBe(0);
  });

  it.each([
    ['nested brackets', `${'{ a '.repeat(20_000)}`],
    ['a long list', `{ playables(ids: [${'"a" '.repeat(20_000)}]) { id } }`],
  ])('is read no further than its limit: %s', async (_what, query) => {
    const { errors } = await gateway.ask(query);
    expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }]);
  });

  it.each([
    ['to themselves', 'fragment A on Viewer { id ...A }'],
    ['to each other', 'fragment A on Viewer { ...B } fragment B on Viewer { ...A }'],
  ])('is refused when its fragments lead %s', async (_what, fragments) => {
    const { errors } = await gateway.ask(`{ viewer { ...A } } ${fragments}`);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'GRAPHQL_VALIDATION_FAILED' });
  });

  it('is refused when fragments multiply it, at once', async () => {
    const levels = times(
      40,
      (level) => `fragment F${level} on Viewer { ...F${level + 1} ...F${level + 1} }`,
    );
    const { errors } = await gateway.ask(
      `{ viewer { ...F0 } } ${levels} fragment F40 on Viewer { id }`,
    );
    expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
  });

  it.each([
    ['introspection', getIntrospectionQuery({ inputValueDeprecation: true })],
    ['what a player sends most', recordHeartbeatsMutation.document],
    ['the largest that the SDK sends', continueWatchingSubscription.document],
  ])('admits %s', async (_what, query) => {
    const { errors } = await gateway.ask(query, { headers: { accept: '*/*' } });
    expect(errors?.map(({ extensions }) => extensions.code) ?? []).not.toContain(
      'GRAPHQL_VALIDATION_FAILED',
    );
  });
});
