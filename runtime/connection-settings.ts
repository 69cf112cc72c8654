import { z } from 'zod';

const origins = z
  .string()
  .transform((text) => text.split(','))
  .refine(
    (given) => given.every((origin) => origin === 'null' || originOf(origin) === origin),
    'origins such as https://watch.example.com, separated by commas',
  );

/** Who may connect to the gateway, and as what. */
export const connectionSettings = {
  ALLOWED_ORIGINS: origins
    .optional()
    .describe(
      'Origins whose pages may ask the gateway, by commas; `null` stands for packaged apps. Its own host may always, and outside production this machine.',
    ),
  TRUSTED_PROXIES: z.coerce
    .number()
    .int()
    .min(0)
    .max(8)
    .default(0)
    .describe(
      'Proxies in front of the gateway, each of which adds to `x-forwarded-for` whom it saw. Set it behind any: without it all clients have the address of the proxy.',
    ),
  LIVE_CONNECTIONS_PER_ADDRESS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(1_000)
    .describe('WebSockets and event streams from one address, or IPv6 network, in each gateway.'),
};

function originOf(text: string): string | undefined {
  return URL.canParse(text) && !text.includes('*') ? new URL(text).origin : undefined;
}
