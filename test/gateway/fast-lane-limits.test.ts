import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KnownDocuments } from '../../gateway/known-documents.ts';
import { RateLimits } from '../../runtime/rate-limits.ts';
import { openRateLimiter } from '../../stores/open.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { counted, forwarded, refused, untilForwarded } from './lane-waits.ts';
import { openToyGateway, post, shapes, type ToyGateway } from './toy-gateway.ts';

const two =
  '{ viewer { a: playhead(playableId: "mov_1") { id } b: playhead(playableId: "mov_2") { id } } }';
const burst = 12;
const address = { 'x-forwarded-for': '192.0.2.1' };

/** Buckets of this process answer at once, shared ones later. */
const ways = [...shapes.map((shape) => [shape, 'at once'] as const), ['split', 'later'] as const];

/** Whichever lane answers, an operation counts once. */
describe.each(ways)('a limit counts an operation once, %s, %s', (shape, when) => {
  let gateway: ToyGateway;
  const documents = new KnownDocuments();
  documents.add('two', two);
  beforeEach(async () => {
    const limiter = await openRateLimiter(
      { DATA_DIR: '', PLAYBACK_PARTITIONS: 1, REDIS_COMMAND_TIMEOUT_MS: 1_000 },
      { clock: new ManualClock(), onChange: () => {} },
    );
    const limit = { perS: 1, burst };
    const limits = new RateLimits({
      limiter: when === 'at once' ? limiter : { take: async (take) => limiter.take(take) },
      limits: { profile: limit, address: limit },
      metricName: 'refused_total',
    });
    gateway = await openToyGateway(shape, {
      rates: { limits, trustedProxies: 1 },
      documents: { known: documents, isOpen: false },
    });
    await untilForwarded(gateway, { query: two }, 'warm');
    gateway.toys.forget();
  });
  afterEach(() => gateway.close());

  const ask = (headers: Record<string, string>, profileId = 'alice') =>
    gateway.ask(two, { profileId, headers });

  it('of a profile', async () => {
    const before = await forwarded(gateway);
    for (let asked = 0; asked < burst; asked += 2) {
      const from = { 'x-forwarded-for': `192.0.2.${asked}` };
      expect((await ask(from)).errors).toBeUndefined();
    }
    expect(await forwarded(gateway)).toBe(before + burst / 2);
    const answer = await ask({ 'x-forwarded-for': '192.0.2.99' });
    expect(answer).toMatchObject({
      status: 200,
      errors: [{ extensions: { code: 'RATE_LIMITED', retryAfterMs: 2_000 } }],
    });
    expect(gateway.toys.fetches.playback).toBe(burst / 2);
    expect(await refused(gateway, 'rate-limited')).toBe(1);
  });

  it('of an address', async () => {
    for (let asked = 0; asked < burst; asked += 2) {
      expect((await ask(address, `profile_${asked}`)).errors).toBeUndefined();
    }
    const answer = await ask(address, 'last');
    expect(answer.errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }]);
    expect(gateway.toys.fetches.playback).toBe(burst / 2);
  });

  it('of an address, when the normal lane answers what the lane has looked at', async () => {
    const bad = { ...address, authorization: 'Bearer a.b.c' };
    for (let asked = 0; asked < burst; asked += 1) {
      expect((await post(gateway.url, { query: two }, bad)).status).toBe(401);
    }
    const answer = await post(gateway.url, { query: two }, bad);
    expect(answer.errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }]);
    expect(await refused(gateway, 'token')).toBe(burst);
  });

  it('in the histogram of durations', async () => {
    const sample = 'playhead_gateway_request_duration_seconds_count{operation="query",code="OK"}';
    const before = { all: counted(await gateway.scrape(), sample), lane: await forwarded(gateway) };
    await ask(address);
    expect(counted(await gateway.scrape(), sample)).toBe(before.all + 1);
    expect(await forwarded(gateway)).toBe(before.lane + 1);
  });

  it('and documents are found by id, and refused where only known ones run', async () => {
    const identity = { ...address, authorization: `Bearer ${await gateway.token('alice')}` };
    const before = await forwarded(gateway);
    const known = await post(gateway.url, { documentId: 'two' }, identity);
    expect(known.data.viewer.a.id).toContain('alice');
    expect(await forwarded(gateway)).toBe(before + 1);
    for (const body of [
      { query: `${two}{` },
      { query: '{ viewer { id } }' },
      { documentId: 'none' },
    ]) {
      const { errors } = await post(gateway.url, body, identity);
      expect(errors?.[0]?.extensions.code).toMatch(/^PERSISTED_QUERY_/);
    }
    expect(await forwarded(gateway)).toBe(before + 1);
  });
});
