import { z } from 'zod';

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
};
