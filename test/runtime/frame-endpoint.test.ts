import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { systemClock } from '../../runtime/clock.ts';
import { readConfig } from '../../runtime/config.ts';
import { frameKinds } from '../../runtime/frames.ts';
import { openStatementSigner } from '../../runtime/signed-identity.ts';
import { alice, FramedSubgraph, identityKey } from '../gateway/framed-subgraph.ts';
import '../support/seeds.ts';
import { until } from '../support/until.ts';
import { FramePeer, upgradeOf } from './frame-peer.ts';

const { hello, document, request, answer, error, goAway, ping, pong } = frameKinds;
const previousKey = 'the secret that is being changed for another';
const otherKey = 'a secret that only somebody else can know';
const add = 'mutation { add(by: 1) }';

/** A request for the document 1. */
function asking(authorization: string, variables = ''): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt32BE(1);
  head.writeUInt16BE(authorization.length, 4);
  return Buffer.concat([head, Buffer.from(`${authorization}\0${variables}`)]);
}

describe('the frames of a subgraph', () => {
  let subgraph: FramedSubgraph;
  let statement: string;
  const peers: FramePeer[] = [];
  const limits = { strangersMax: 4, requestsMax: 2, documentsMax: 3 };
  const settings = { IDENTITY_KEY_PREVIOUS: previousKey };
  beforeAll(async () => {
    subgraph = await FramedSubgraph.open({ settings, frames: { limits } });
    const config = readConfig({ IDENTITY_KEY: identityKey });
    statement = (await openStatementSigner(config, systemClock)).sign(alice);
  });
  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.close();
    expect(subgraph.total).toBe(0);
  });
  afterAll(() => subgraph.close());

  const stranger = async (upgradeRequest?: string) => {
    const peer = await FramePeer.open(subgraph.url, upgradeRequest);
    peers.push(peer);
    return peer;
  };
  const admitted = async (key = identityKey, at = subgraph) => {
    const peer = await FramePeer.admitted(at.url, key);
    peers.push(peer);
    return peer;
  };
  const refused = (reason: string) =>
    subgraph.measured(`playhead_frame_refused_total{reason="${reason}"}`);

  /** What somebody says, how it is refused, and that it is counted. */
  async function expectRefusal(reason: string, say: (peer: FramePeer) => unknown, key?: string) {
    const before = await refused(reason);
    const peer = await (key === undefined ? stranger() : admitted(key));
    await say(peer);
    expect(await peer.refusal()).toBe(reason);
    await until(async () => (await refused(reason)) === before + 1, { what: 'the count' });
  }

  it.each([identityKey, previousKey])('are spoken with whoever has a key: %s', async (key) => {
    const peer = await admitted(key);
    peer.send(ping, 7);
    expect((await peer.next(pong)).id).toBe(7);
    peer.send(document, 1, '{ who }');
    peer.send(request, 5, asking(statement));
    const { id, payload } = await peer.next(answer);
    expect([id, payload.toString()]).toEqual([5, '{"data":{"who":"alice"}}']);
  });

  it.each([
    ['404', upgradeOf('/frames', 'playhead-frames')],
    ['400', upgradeOf('/graphql/frames', 'websocket')],
    ['400', upgradeOf('/graphql/frames', 'playhead-frames', 'POST')],
  ])('are not to be had by another request: %s', async (status, upgradeRequest) => {
    const peer = await stranger(upgradeRequest);
    expect(peer.head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    await until(() => peer.isClosed, { what: 'the end' });
  });

  it('are refused to who has another key', async () => {
    await expectRefusal('proof', async (peer) => peer.send(hello, 0, await peer.proof(otherKey)));
  });

  it('are refused to who repeats what was good on another connection', async () => {
    const first = await stranger();
    const heard = await first.proof(identityKey);
    first.send(hello, 0, heard);
    await first.next(hello, 2);
    await expectRefusal('proof', (peer) => peer.send(hello, 0, heard));
  });

  it('are refused to who reflects what the subgraph says', async () => {
    await expectRefusal('malformed', async (peer) =>
      peer.send(hello, 0, (await peer.next(hello)).payload),
    );
    const other = await admitted();
    const { payload } = await other.next(hello, 2);
    await expectRefusal('malformed', (peer) => peer.send(hello, 0, payload));
  });

  it('are refused to who speaks another version', async () => {
    await expectRefusal('version', async (peer) => {
      const theirs = await peer.proof(identityKey);
      theirs.writeUInt16BE(2);
      peer.send(hello, 0, theirs);
    });
  });

  it.each([
    ['malformed', 'a request', (peer: FramePeer) => peer.send(request, 1, asking('x'))],
    ['malformed', 'a document', (peer: FramePeer) => peer.send(document, 1, add)],
    ['malformed', 'a ping', (peer: FramePeer) => peer.send(ping, 1)],
    ['malformed', 'an empty hello', (peer: FramePeer) => peer.send(hello, 0)],
    ['too-long', 'more than a proof is', (peer: FramePeer) => peer.send(hello, 0, 'x'.repeat(999))],
  ])('are refused, as %s, to a stranger who says %s', (reason, _what, say) =>
    expectRefusal(reason, say),
  );

  it.each([
    ['malformed', 'a hello again', (peer: FramePeer) => peer.send(hello, 0)],
    ['malformed', 'an answer', (peer: FramePeer) => peer.send(answer, 1, '{}')],
    ['malformed', 'half a request', (peer: FramePeer) => peer.send(request, 1, 'x')],
    ['malformed', 'too many documents', (peer: FramePeer) => peer.send(document, 3, add)],
    [
      'too-long',
      'a frame over the limit',
      (peer: FramePeer) => peer.sendBytes(Buffer.from('7fffffff', 'hex')),
    ],
    [
      'too-short',
      'a frame without a kind',
      (peer: FramePeer) => peer.sendBytes(Buffer.from('0000000400000001', 'hex')),
    ],
    [
      'unknown-kind',
      'what no version knows',
      (peer: FramePeer) => peer.sendBytes(Buffer.from('0000000500000001ff', 'hex')),
    ],
    [
      'truncated',
      'half a frame',
      (peer: FramePeer) => {
        peer.sendBytes(Buffer.from('0000000500', 'hex'));
        peer.end();
      },
    ],
  ])('are ended, as %s, with a gateway that says %s', (reason, _what, say) =>
    expectRefusal(reason, say, identityKey),
  );

  it('survive rubbish of strangers, and run nothing of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (rubbish) => {
        const peer = await stranger();
        peer.sendBytes(Buffer.from(rubbish));
        peer.end();
        await until(() => peer.isClosed, { what: 'the end' });
      }),
      { numRuns: 30 },
    );
    const peer = await admitted();
    peer.send(ping, 1);
    await peer.next(pong);
  });

  it('are kept open for so many who have proved nothing, and the oldest makes room', async () => {
    const before = await refused('crowded');
    const first = await stranger();
    const gateway = await admitted();
    for (let count = 0; count < 4; count += 1) await stranger();
    expect(await first.refusal()).toBe('crowded');
    expect(await refused('crowded')).toBe(before + 1);
    gateway.send(ping, 1);
    await gateway.next(pong);
  });

  it('run nothing that they have no place for, and what follows', async () => {
    const gate = Promise.withResolvers<void>();
    subgraph.gate = gate.promise;
    const peer = await admitted();
    peer.send(document, 1, '{ wait }');
    for (const id of [1, 2, 3]) peer.send(request, id, asking(statement));
    const { id, payload } = await peer.next(error);
    expect([id, payload.toString()]).toEqual([3, 'overloaded']);
    gate.resolve();
    await peer.next(answer, 2);
    peer.send(request, 4, asking(statement));
    expect((await peer.next(answer, 3)).id).toBe(4);
  });

  it.each([
    ['unknown-document', 'the document was never sent', '', () => asking(statement)],
    ['unknown-document', 'the document is not valid', '{ nothing }', () => asking(statement)],
    ['unauthenticated', 'nobody has signed who asks', add, () => asking('')],
    ['unauthenticated', 'an access token says who asks', add, () => asking('Bearer x.y.z')],
    ['not-run', 'the variables are no JSON', add, () => asking(statement, '{')],
    ['not-run', 'the variables are a list', add, () => asking(statement, '[]')],
    [
      'not-run',
      'the variables do not fit',
      'query ($a: String!) { echo(text: $a) }',
      () => asking(statement, '{"a":1}'),
    ],
  ])('answer %s when %s', async (reason, _what, ...[text, payload]) => {
    const peer = await admitted();
    if (text !== '') peer.send(document, 1, text);
    peer.send(request, 9, payload());
    const heard = await peer.next(error);
    expect([heard.id, heard.payload.toString()]).toEqual([9, reason]);
    expect(
      await subgraph.measured(`playhead_frame_requests_total{outcome="${reason}"}`),
    ).toBeGreaterThan(0);
  });

  it('know a document by its id until another one has it', async () => {
    const peer = await admitted();
    for (const text of ['{ who }', '{ __typename }']) {
      peer.send(document, 1, text);
      peer.send(request, 1, asking(statement));
    }
    const answers = [await peer.next(answer), await peer.next(answer, 2)];
    expect(answers.map(({ payload }) => JSON.parse(payload.toString()).data)).toEqual([
      { who: 'alice' },
      { __typename: 'Query' },
    ]);
  });
});

describe('frames that end', () => {
  const opened: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const each of opened.splice(0).reverse()) await each.close();
  });
  const open = async (options: Parameters<typeof FramedSubgraph.open>[0]) => {
    const subgraph = await FramedSubgraph.open(options);
    opened.push(subgraph);
    return subgraph;
  };
  const admitted = async ({ url }: FramedSubgraph) => {
    const peer = await FramePeer.admitted(url, identityKey);
    opened.push(peer);
    return peer;
  };

  it('are those of who does not say in time who it is', async () => {
    const subgraph = await open({ frames: { limits: { helloMs: 1_500 } } });
    const gateway = await admitted(subgraph);
    const peer = await FramePeer.open(subgraph.url);
    expect(await peer.refusal()).toBe('late');
    gateway.send(ping, 1);
    await gateway.next(pong);
  });

  it('are those of a gateway that is silent', async () => {
    const peer = await admitted(await open({ frames: { limits: { silentMs: 500 } } }));
    expect(await peer.refusal()).toBe('no word');
  });

  it('say so first, and answer what is under way', async () => {
    const subgraph = await open({});
    const gate = Promise.withResolvers<void>();
    subgraph.gate = gate.promise;
    const peer = await admitted(subgraph);
    peer.send(document, 1, add);
    peer.send(request, 1, asking(await statementOf()));
    await until(() => subgraph.begun === 1, { what: 'the request' });
    expect(await subgraph.measured('playhead_frame_requests_under_way')).toBe(1);
    subgraph.retire();
    await peer.next(goAway);
    const late = await FramePeer.open(subgraph.url);
    expect(late.head).toMatch(/^HTTP\/1.1 503 /);
    const closing = subgraph.close();
    // Sent before the goodbye was heard: it counts as well.
    peer.send(request, 2, asking(await statementOf()));
    await until(() => subgraph.begun === 2, { what: 'the late request' });
    gate.resolve();
    await peer.next(answer, 2);
    expect(subgraph.total).toBe(2);
    peer.end();
    await closing;
  });

  it('wait for who does not read, and go on when it does', async () => {
    const subgraph = await open({});
    const peer = await admitted(subgraph);
    peer.send(document, 1, 'mutation ($a: String!) { addAndSay(text: $a) }');
    peer.pause();
    const variables = JSON.stringify({ a: 'x'.repeat(900) });
    const wanted = 20;
    for (let id = 1; id <= wanted; id += 1) {
      peer.send(request, id, asking(await statementOf(), variables));
    }
    // 18 megabytes are more than sockets hold: some of the requests are not read yet.
    await until(() => subgraph.total > 0, { what: 'the first of them' });
    peer.resume();
    await peer.next(answer, wanted);
    expect(subgraph.total).toBe(wanted);
  });
});

async function statementOf(): Promise<string> {
  const signer = await openStatementSigner(readConfig({ IDENTITY_KEY: identityKey }), systemClock);
  return signer.sign(alice);
}
