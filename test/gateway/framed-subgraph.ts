import { parse } from 'graphql';
import { FrameUpstream, type FrameUpstreamOptions } from '../../gateway/frame-upstream.ts';
import type { LaneAnswer, LaneRequest } from '../../gateway/lane-upstream.ts';
import { systemClock } from '../../runtime/clock.ts';
import { readConfig } from '../../runtime/config.ts';
import type { Viewer } from '../../runtime/identity.ts';
import { createLog } from '../../runtime/log.ts';
import { type ServeOptions, serveSubgraph } from '../../runtime/serve.ts';
import {
  identityKeys,
  openStatementSigner,
  openSubgraphVerifier,
} from '../../runtime/signed-identity.ts';
import { openSubgraph, type SubgraphContext } from '../../runtime/subgraph.ts';
import { closedAfterEach } from '../support/closed-after-each.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { until } from '../support/until.ts';

export const identityKey = 'the secret that gateways and subgraphs share';
export const alice: Viewer = {
  profileId: 'alice',
  accountProfiles: ['alice'],
  subject: 'account-1',
  expiresAtMs: Date.UTC(2100, 0),
};

export const echo = 'query ($text: String!) { echo(text: $text) }';

const log = createLog({ level: 'silent', part: 'test' });

/** A subgraph of a few fields, served with frames. */
export class FramedSubgraph {
  /** What `add` has come to: each that has run counts. */
  total = 0;
  /** Operations that have begun. */
  begun = 0;
  /** `wait` and `add` hold until it settles. */
  gate: Promise<void> = Promise.resolve();
  readonly url: string;
  readonly retire: () => void;
  readonly close: () => Promise<void>;

  private constructor(served: { url: string; retire(): void; close(): Promise<void> }) {
    this.url = served.url;
    this.retire = served.retire;
    this.close = served.close;
  }

  static async open(
    options: {
      settings?: Record<string, string>;
      port?: number;
      /** Fields of Query beside its own. */
      more?: string;
      frames?: Omit<NonNullable<ServeOptions['frames']>, 'keys'>;
      serve?: Partial<ServeOptions>;
    } = {},
  ): Promise<FramedSubgraph> {
    const config = readConfig({ IDENTITY_KEY: identityKey, ...options.settings });
    const verifier = await openSubgraphVerifier(config, systemClock);
    let self: FramedSubgraph | undefined;
    const begin = async () => {
      if (self !== undefined) self.begun += 1;
      await self?.gate;
    };
    const subgraph = await openSubgraph<SubgraphContext>({
      name: 'toy',
      typeDefs: parse(`
        type Query { echo(text: String!): String!  who: String  wait: String!  ${options.more ?? ''} }
        type Mutation { add(by: Int!): Int!  addAndSay(text: String!): String! }
      `),
      resolvers: {
        Query: {
          echo: (_root: unknown, { text }: { text: string }) => text,
          who: (_root: unknown, _given: unknown, { viewer }: SubgraphContext) => viewer?.profileId,
          wait: () => begin().then(() => 'waited'),
        },
        Mutation: {
          add: async (_root: unknown, { by }: { by: number }) => {
            await begin();
            if (self !== undefined) self.total += by;
            return self?.total;
          },
          addAndSay: (_root: unknown, { text }: { text: string }) => {
            if (self !== undefined) self.total += 1;
            return text.repeat(1_000);
          },
        },
      },
      log,
      contextFor: async ({ authorization }) => ({ viewer: await verifier.verify(authorization) }),
      close: async () => {},
    });
    const keys = await identityKeys(config);
    const served = await serveSubgraph(subgraph, {
      ...{ host: '127.0.0.1', port: options.port ?? 0, log },
      frames: { ...options.frames, keys },
      ...options.serve,
    });
    self = new FramedSubgraph({
      ...served,
      async close() {
        await served.close();
        await subgraph.close();
      },
    });
    return self;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** The value of one sample of GET /metrics. */
  async measured(sample: string): Promise<number> {
    const text = await (await fetch(new URL('/metrics', this.url))).text();
    const line = text.split('\n').find((each) => each.startsWith(`${sample} `));
    return Number(line?.slice(sample.length));
  }
}

/** Opens subgraphs and upstreams that are closed after the case of the surrounding `describe`. */
export function shareFrames() {
  const closing = closedAfterEach();
  const subgraphOf = async (options: Parameters<typeof FramedSubgraph.open>[0] = {}) =>
    closing(await FramedSubgraph.open(options));
  const upstreamOf = async (options: Parameters<typeof openUpstream>[0]) =>
    closing(await openUpstream(options));
  const connected = async (subgraph: FramedSubgraph) =>
    ready(await upstreamOf({ url: subgraph.url }));
  const proxied = async (options: Parameters<typeof FramedSubgraph.open>[0] = {}) => {
    const subgraph = await subgraphOf(options);
    const proxy = closing(await FaultProxy.open({ port: subgraph.port }));
    return { subgraph, proxy, url: `http://127.0.0.1:${proxy.port}/graphql` };
  };
  return { closing, subgraphOf, upstreamOf, connected, proxied };
}

export async function openUpstream(
  options: Partial<FrameUpstreamOptions> & { url: string; settings?: Record<string, string> },
): Promise<FrameUpstream> {
  const config = readConfig({ IDENTITY_KEY: identityKey, ...options.settings });
  return new FrameUpstream({
    keys: await identityKeys(config),
    signer: await openStatementSigner(config, systemClock),
    clock: systemClock,
    log,
    random: Math.random,
    ...options,
  });
}

/** Once both of its links are open. */
export async function ready(upstream: FrameUpstream): Promise<FrameUpstream> {
  await until(() => upstream.isReady && upstream.connections === 2, { what: 'both connections' });
  return upstream;
}

export function laneRequest(text: string, rest: Partial<LaneRequest> = {}): LaneRequest {
  return {
    ...{ text, variables: undefined, viewer: null, authorization: undefined },
    traceparent: undefined,
    ...rest,
  };
}

export function asksEcho(upstream: FrameUpstream, text: string): Promise<LaneAnswer> {
  return upstream.ask(laneRequest(echo, { variables: { text } }));
}

/** The result in an answer; undefined: it is none. */
export function resultOf(answer: LaneAnswer): unknown {
  return answer.kind === 'answered' ? JSON.parse(answer.body.toString()) : undefined;
}
