import { resolve } from 'node:path';
import { z } from 'zod';
import type { RateLimit } from '../domain/rate-limit.ts';

const rate = z
  .string()
  .regex(/^(off|\d{1,7}(\.\d{1,3})?:[1-9]\d{0,7})$/, 'such as 1:5, a second and at once, or off')
  .refine((text) => !/^[0.]+:/.test(text), 'more than none a second, or off');

/** What one client may ask of a server; see docs/operations.md for what to raise when. */
export const limitSettings = {
  OPERATION_COST_MAX: z.coerce
    .number()
    .int()
    .min(100)
    .max(1_000_000)
    .default(1_000)
    .describe(
      'Objects that one operation may come to, by `@cost` and `@listSize` of the schema; more is refused before it runs.',
    ),
  PERSISTED_DOCUMENTS: z
    .enum(['only-known', 'all'])
    .optional()
    .describe('Documents that run. Default: only-known in production, else all.'),
  PERSISTED_DOCUMENTS_FILES: z
    .string()
    .min(1)
    .optional()
    .transform((paths) => paths?.split(',').map((path) => resolve(path)))
    .describe(
      'Manifests of further clients, or folders of them, by commas. The documents of the SDK and the demo are known.',
    ),
  RATE_LIMIT_DEVICE: rate
    .default('1:5')
    .describe(
      'Requests with heartbeats of one device: a second, and at once after a pause; `off`: not counted. A batch is one.',
    ),
  RATE_LIMIT_PROFILE: rate
    .default('20:200')
    .describe('Fields that one profile asks the gateway for, likewise: each alias is one.'),
  RATE_LIMIT_ADDRESS: rate
    .default('500:2000')
    .describe(
      'Fields asked for from one address, or IPv6 network, likewise. Private addresses count only behind TRUSTED_PROXIES: they are proxies.',
    ),
};

/** What `RATE_LIMIT_…` says; null: nothing is counted. */
export function rateLimitOf(setting: string): RateLimit | null {
  const [perS = Number.NaN, burst = Number.NaN] = setting.split(':').map(Number);
  return setting === 'off' ? null : { perS, burst };
}
