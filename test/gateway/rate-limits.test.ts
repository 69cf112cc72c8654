import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'graphql';
import { countFields } from '../../gateway/field-count.ts';
import { RateLimits } from '../../runtime/rate-limits.ts';
import { openRateLimiter } from '../../stores/open.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { overSsePost, overWebSocket } from './live-clients.ts';
import { openToyGateway, type Shape, shapes, type ToyGateway } from './toy-gateway.ts';

const profile = { perS: 1, burst: 10 };
const address = { perS: 2, burst: 20 };
const asking = (count: number) =>
  `{ viewer { ${Array.from({ length: count }, (_, index) => `a${index}: playhead(playableId: "mov_1") { id }`).join(' ')} } }`;
const limited = (retryAfterMs: number) => [
  { extensions: { code: 'RATE_LIMITED', retryable: true, retryAfterMs } },
];

describe.each(shapes)('what profiles and addresses may ask for, %s', (shape: Shape) => {
  const clock = new ManualClock();
  let gateway: ToyGateway;
  let limits: RateLimits;
  let trustedProxies = 0;

  async function open(): Promise<void> {
    const limiter = await openRateLimiter(
      { DATA_DIR: '', PLAYBACK_PARTITIONS: 1, REDIS_COMMAND_TIMEOUT_MS: 1_000 },
      { clock, onChange: () => {} },
    );
    limits = new RateLimits({ limiter, limits: { profile, address }, metricName: 'refused_total' });
    gateway = await openToyGateway(shape, { rates: { limits, trustedProxies } });
  }
  const ask = (query: string, from = '192.0.2.1', profileId?: string) =>
    gateway.ask(query, {
      headers: { 'x-forwarded-for': from },
      ...(profileId === undefined ? {} : { profileId }),
    });

  describe('directly', () => {
    beforeEach(open);
    afterEach(() => gateway.close());

    it.each([
      ['one below', 9],
      ['at', 10],
    ])('is admitted %s what a profile may ask for at once (LIM-22)', async (_where, count) => {
      expect((await ask(asking(count), '', 'alice')).errors).toBeUndefined();
    });

    it('is refused one above it, each alias counted, and nothing of it runs (LIM-22)', async () => {
      expect((await ask(asking(1), '', 'alice')).errors).toBeUndefined();
      gateway.toys.forget();
      const refused = await ask(asking(10), '', 'alice');
      expect(refused).toMatchObject({ status: 200, errors: limited(1_000) });
      expect(refused.data).toBeUndefined();
      expect(gateway.toys.fetchCount).toBe(0);
      expect((await ask(asking(9), '', 'alice')).errors).toBeUndefined();
    });

    it('is admitted again after the time that was said', async () => {
      await ask(asking(10), '', 'alice');
      expect((await ask(asking(3), '', 'alice')).errors).toMatchObject(limited(3_000));
      await clock.advance(2_999);
      expect((await ask(asking(3), '', 'alice')).errors).toMatchObject(limited(1));
      await clock.advance(1);
      expect((await ask(asking(3), '', 'alice')).errors).toBeUndefined();
    });

    it('is counted for each profile alone', async () => {
      await ask(asking(10), '', 'alice');
      expect((await ask(asking(10), '', 'bob')).errors).toBeUndefined();
    });

    it.each([
      ['a socket', overWebSocket],
      ['events', overSsePost],
    ])('is counted over %s together with requests', async (_how, subscribe) => {
      await ask(asking(10), '', 'alice');
      const stream = subscribe(gateway, 'subscription { playheadUpdates { kind } }', {
        token: await gateway.token('alice'),
      });
      expect((await stream.next())?.errors).toMatchObject(limited(1_000));
      await stream.leave();
    });

    it('is not counted for private addresses of which no proxy told: all viewers may be behind it', async () => {
      for (let index = 0; index < 30; index += 1) {
        expect((await ask('{ viewer { id } }')).errors).toBeUndefined();
      }
    });

    it('is shown as a number for each kind, without anybody in it', async () => {
      await ask(asking(10), '', 'alice');
      await ask(asking(1), '', 'alice');
      expect(limits.metrics().split('\n').slice(1)).toEqual([
        '# TYPE refused_total counter',
        'refused_total{kind="profile"} 1',
        'refused_total{kind="address"} 0',
        '',
      ]);
    });
  });

  describe('behind a proxy', () => {
    beforeEach(async () => {
      trustedProxies = 1;
      await open();
    });
    afterEach(() => gateway.close());

    it('is counted by address, whoever asks (LIM-22)', async () => {
      expect((await ask(asking(10), '192.0.2.7', 'alice')).errors).toBeUndefined();
      expect((await ask(asking(10), '192.0.2.7', 'bob')).errors).toBeUndefined();
      expect((await ask(asking(1), '192.0.2.7')).errors).toMatchObject(limited(500));
      expect((await ask(asking(1), '192.0.2.8')).errors).toBeUndefined();
    });

    it('is counted for rubbish as well', async () => {
      for (let index = 0; index < 20; index += 1) await ask('{', '192.0.2.9');
      expect((await ask('{', '192.0.2.9')).errors).toMatchObject(limited(500));
      await clock.advance(500);
      expect((await ask('{', '192.0.2.9')).errors).toMatchObject([
        { extensions: { code: 'GRAPHQL_PARSE_FAILED' } },
      ]);
    });

    it('cannot be had from an address that the proxy did not see', async () => {
      for (let index = 0; index < 20; index += 1) await ask('{', `10.0.0.${index}, 192.0.2.10`);
      expect((await ask('{', '10.0.1.1, 192.0.2.10')).errors).toMatchObject(limited(500));
    });
  });
});

describe('the fields of an operation', () => {
  it.each([
    ['{ viewer { id } }', 1],
    ['{ viewer { id playhead(playableId: "a") { id } } }', 1],
    ['{ viewer { a: playhead(playableId: "a") { id } b: playhead(playableId: "b") { id } } }', 2],
    ['{ viewer { ...V ...V } } fragment V on Viewer { inProgress { edges { cursor } } }', 2],
    ['{ viewer { ... { inProgress { edges { cursor } } } } playable(id: "a") { id } }', 2],
    ['{ ...Q } fragment Q on Query { a: viewer { id } b: viewer { id } }', 2],
    ['mutation { a: forgetAllPlayheads { forgottenAt } b: forgetAllPlayheads { forgottenAt } }', 2],
    ['subscription { playheadUpdates { playheads { id } } }', 1],
  ])('are counted where they do something: %s', (document, count) => {
    expect(countFields(parse(document))).toBe(count);
  });
});
