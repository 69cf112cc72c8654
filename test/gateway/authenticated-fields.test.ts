import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildSchema, type GraphQLField, type GraphQLObjectType } from 'graphql';
import { clientKinds } from './live-clients.ts';
import { openToyGateway, shapes, type ToyGateway } from './toy-gateway.ts';

/** The smallest valid call of each root field that needs a signed-in viewer. */
const calls: Record<string, string> = {
  beginSession:
    'beginSession(input: { playableId: "a", sessionId: "b", deviceId: "c", deviceKind: TV }) { stale }',
  recordHeartbeats: 'recordHeartbeats(input: { session: "a", heartbeats: [] }) { outcome }',
  finishPlayhead: 'finishPlayhead(input: { playableId: "a" }) { problems { code } }',
  restartPlayhead: 'restartPlayhead(input: { playableId: "a" }) { problems { code } }',
  hidePlayhead: 'hidePlayhead(input: { playableId: "a" }) { problems { code } }',
  unhidePlayhead: 'unhidePlayhead(input: { playableId: "a" }) { problems { code } }',
  forgetPlayhead: 'forgetPlayhead(input: { playableId: "a" }) { problems { code } }',
  forgetAllPlayheads: 'forgetAllPlayheads { forgottenAt }',
  takeOver: 'takeOver(input: { session: "a", from: "b", elapsedMs: 0 }) { problems { code } }',
  undoSession: 'undoSession(input: { sessionId: "a" }) { problems { code } }',
  reassignSession:
    'reassignSession(input: { sessionId: "a", profileId: "b" }) { problems { code } }',
  playheadUpdates: 'playheadUpdates { kind }',
  activeSessionUpdates: 'activeSessionUpdates { kind }',
  continueWatchingUpdates: 'continueWatchingUpdates { viewer { id } }',
};
const subscriptions = ['playheadUpdates', 'activeSessionUpdates', 'continueWatchingUpdates'];
const mutations = Object.keys(calls).filter((name) => !subscriptions.includes(name));

describe.each(shapes)('fields marked @authenticated, %s', (shape) => {
  let gateway: ToyGateway;
  beforeAll(async () => {
    gateway = await openToyGateway(shape);
  });
  afterAll(() => gateway.close());

  it('are all called below', async () => {
    expect(Object.keys(calls).sort()).toEqual((await protectedFields()).sort());
  });

  it.each(mutations)('refuse a mutation that nobody is signed in for: %s', async (name) => {
    const answer = await gateway.ask(`mutation { ${calls[name]} }`);
    expect(answer.status).toBe(401);
    expect(answer.errors?.[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED', retryable: false });
    expect(answer.data).toBeNull();
    expect(gateway.toys.fetchCount).toBe(0);
  });

  const liveCases = Object.entries(clientKinds).flatMap(([kind, subscribe]) =>
    subscriptions.map((name) => ({ kind, name, subscribe })),
  );
  it.each(liveCases)('refuse a subscription: $name, $kind', async ({ name, subscribe }) => {
    const stream = subscribe(gateway, `subscription { ${calls[name]} }`);
    if (subscribe === clientKinds.overSsePost) {
      // This client library shows no more of a refusal than its status.
      await expect(stream.next()).rejects.toThrow('401');
    } else {
      expect((await stream.next())?.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED');
    }
    await stream.leave();
    expect(gateway.toys.events.opened).toBe(0);
  });

  it('cannot be reached through fragments, aliases or a second operation', async () => {
    const answer = await gateway.ask(
      `query Harmless { viewer { id } }
       mutation Hidden { ...Sneaky }
       fragment Sneaky on Mutation { innocent: forgetAllPlayheads { forgottenAt } }`,
      { operationName: 'Hidden' },
    );
    expect(answer.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED');
    expect(gateway.toys.mutations).toBe(0);
  });

  it('serve a signed-in viewer', async () => {
    const { data } = await gateway.ask(`mutation { ${calls.recordHeartbeats} }`, {
      profileId: 'alice',
    });
    expect(data.recordHeartbeats.outcome).toBe('ACCEPTED');
  });

  it('leave the rest to anonymous viewers, who get null for themselves', async () => {
    const { status, data } = await gateway.ask(
      '{ viewer { id } playable(id: "mov_1") { title playhead { positionMs } } }',
    );
    expect(status).toBe(200);
    expect(data).toEqual({ viewer: null, playable: { title: 'Title of mov_1', playhead: null } });
  });
});

async function protectedFields(): Promise<string[]> {
  const sdl = await readFile(new URL('../../schema/supergraph.graphql', import.meta.url), 'utf8');
  const schema = buildSchema(sdl, { assumeValid: true });
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  return roots.flatMap((root) =>
    Object.values((root as GraphQLObjectType).getFields())
      .filter(isProtected)
      .map(({ name }) => name),
  );
}

function isProtected({ astNode }: GraphQLField<unknown, unknown>): boolean {
  return astNode?.directives?.some(({ name }) => name.value === 'authenticated') ?? false;
}
