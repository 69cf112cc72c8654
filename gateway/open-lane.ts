import { readFile } from 'node:fs/promises';
import type { GatewayPlugin, GatewayRuntime } from '@graphql-hive/gateway-runtime';
import type { Clock } from '../runtime/clock.ts';
import type { StatementSigner } from '../runtime/signed-identity.ts';
import { FastLane, type FastLaneOptions } from './fast-lane.ts';
import { HttpUpstream } from './http-upstream.ts';
import { LaneChanges } from './lane-changes.ts';
import { LaneDocuments } from './lane-documents.ts';
import { createLaneGraph, openPlanner } from './lane-graph.ts';
import { LaneRefresh } from './lane-refresh.ts';
import type { LaneUpstream } from './lane-upstream.ts';
import { LaneUpstreams } from './lane-upstreams.ts';
import { type Connections, supergraphFile } from './supergraph.ts';

export interface OpenLaneOptions
  extends Omit<FastLaneOptions, 'documents' | 'upstreamOf' | 'generationOf'> {
  /** Our own subgraphs, by name. */
  own: ReadonlyMap<string, LaneUpstream>;
  /** Where the others are, if not where the supergraph says. */
  connections: Connections;
  /** As `openGateway` takes them. */
  supergraph?: { readonly text: string } | undefined;
  supergraphFile?: string | URL | undefined;
  signer: StatementSigner;
  clock: Clock;
  costMax?: number | undefined;
  timeoutMs?: number | undefined;
}

/** The lane with all that it needs; it forwards nothing before `start`. */
export interface OpenedLane {
  lane: FastLane;
  /** The last of the runtime's plugins. */
  plugin: GatewayPlugin;
  /** Resolves once subgraphs have been asked; those that are away are asked again. */
  start(): Promise<void>;
  /** While `change` changes the supergraph everything goes through the runtime: see lane-changes.ts. */
  during(gateway: GatewayRuntime, change: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** Undefined: this platform has no planner whose plans could be relied on. */
export async function openLane(options: OpenLaneOptions): Promise<OpenedLane | undefined> {
  const planner = await openPlanner();
  if (planner === undefined) return undefined;
  const { clock, log, costMax, signer, timeoutMs } = options;
  const supergraph = options.supergraph ?? {
    text: await readFile(options.supergraphFile ?? supergraphFile, 'utf8'),
  };
  const upstreams = new LaneUpstreams({
    own: options.own,
    urls: locationsOf(options.connections),
    open: (url) => new HttpUpstream({ url, signer, clock, timeoutMs }),
  });
  const documents = new LaneDocuments({ log });
  const refresh = new LaneRefresh({
    upstreams: () => upstreams.all,
    build: (sdls) => createLaneGraph({ supergraph: supergraph.text, sdls, planner, log, costMax }),
    use: (graph) => documents.reset(graph ?? null),
    ...{ clock, log, random: Math.random },
  });
  const changes = new LaneChanges({
    clock,
    suspend: () => refresh.suspend(),
    resume() {
      upstreams.follow(supergraph.text);
      // Not awaited: a subgraph may take its time to say what it is.
      void refresh.resume();
    },
  });
  const lane = new FastLane({
    ...options,
    documents,
    upstreamOf: (subgraph) => upstreams.all.get(subgraph),
    generationOf: (subgraph) => refresh.generationOf(subgraph),
  });
  return {
    lane,
    plugin: documents.plugin(),
    start() {
      upstreams.follow(supergraph.text);
      return refresh.open();
    },
    during: (gateway, change) => changes.during(gateway, change),
    async close() {
      changes.close();
      refresh.close();
      await upstreams.close();
    },
  };
}

function locationsOf({ transportEntries }: Connections): Record<string, string | undefined> {
  const entries = Object.entries(transportEntries ?? {});
  return Object.fromEntries(entries.map(([name, entry]) => [name, entry?.location]));
}
