import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Product, startProduct } from '../support/product.ts';
import { productionKeys } from '../support/production-keys.ts';

/** What dashboards and alert rules are written against: a name may come, none may go. */
const names = [
  'playhead_heartbeats_total',
  'playhead_lane_duration_seconds',
  'playhead_flush_lag_seconds',
  'playhead_oldest_dirty_age_seconds',
  'playhead_dirty_titles',
  'playhead_breaker_state',
  'playhead_watch_log_oldest_unread_age_seconds',
  'playhead_view_oldest_unread_age_seconds',
  'playhead_ranker_in_use',
  'playhead_rows_total',
  'playhead_gateway_request_duration_seconds',
  'playhead_gateway_client_sockets',
  'playhead_gateway_event_streams',
  'playhead_gateway_subscriptions',
  'playhead_lane_forwarded_total',
  'playhead_lane_refused_total',
  'playhead_supergraph_reloads_total',
  'process_resident_memory_bytes',
  'nodejs_eventloop_lag_seconds',
];

describe('metrics of the product in production', () => {
  let product: Product;
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'playhead-measured-'));
    const keys = await productionKeys(dataDir);
    const env = {
      ...{ NODE_ENV: 'production', HOST: '127.0.0.1', SHUTDOWN_DELAY_MS: '0', DRAIN_MS: '0' },
      ...keys,
    };
    product = await startProduct({ env, dataDir });
  });
  afterAll(async () => {
    await product?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('are not on the public port', async () => {
    expect((await fetch(`${product.url}/metrics`)).status).toBe(404);
  });

  it('are on a port of their own, each metric once, and nothing else is there', async () => {
    const [, address = ''] = /^Metrics {2}(http:\/\/127\.0\.0\.1:\d+\/metrics)$/m.exec(
      product.output(),
    ) ?? [''];
    const response = await fetch(address);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const types = [...(await response.text()).matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
    expect(new Set(types).size).toBe(types.length);
    expect(types).toEqual(expect.arrayContaining(names));
    expect((await fetch(new URL('/graphql', address))).status).toBe(404);
  });
});
