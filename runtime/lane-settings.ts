import { z } from 'zod';

/** How the gateway answers what it need not plan. */
export const laneSettings = {
  FAST_LANE: z
    .enum(['on', 'http', 'off'])
    .default('on')
    .describe(
      'Whether the gateway sends an operation that one subgraph can answer alone straight there; `http`: to no subgraph by frames. See docs/fast-lane.md.',
    ),
};
