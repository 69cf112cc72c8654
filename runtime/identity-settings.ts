import { z } from 'zod';

/** Asymmetric ones alone: with a shared secret, whoever verifies a token could make one. */
const tokenAlgorithms = [
  ...(['ES256', 'ES384', 'ES512', 'EdDSA'] as const),
  ...(['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'] as const),
] as const;

/** Who is believed, and what is signed: the settings of runtime/config.ts about identity. */
export const identitySettings = {
  TOKEN_ISSUER: z.string().min(1).default('playhead').describe('`iss` an access token must carry.'),
  TOKEN_AUDIENCE: z
    .string()
    .min(1)
    .default('playhead')
    .describe('`aud` an access token must carry.'),
  TOKEN_PUBLIC_KEY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'JWK Set that verifies access tokens, read again when it changes. In production this or TOKEN_JWKS_URL is required.',
    ),
  TOKEN_JWKS_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where the token issuer publishes its JWK Set, instead of a file.'),
  TOKEN_JWKS_MAX_AGE_MS: z.coerce
    .number()
    .int()
    .min(1_000)
    .max(86_400_000)
    .default(300_000)
    .describe('A key that the issuer has removed there is honoured for as long, while it answers.'),
  TOKEN_ALGORITHMS: z
    .string()
    .default('ES256')
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(tokenAlgorithms)).min(1))
    .describe(
      `Algorithms that access tokens may be signed with, by commas, of ${tokenAlgorithms.join(', ')}.`,
    ),
  SESSION_KEY: z
    .string()
    .min(32)
    .optional()
    .describe(
      'Secret that signs session tokens, 32 characters or more, equal in every process. Required in production.',
    ),
  IDENTITY_KEY: z
    .string()
    .min(32)
    .optional()
    .describe(
      'Secret with which gateways sign for subgraphs who a request stands for, 32 characters or more, equal in every process. Required in production.',
    ),
  IDENTITY_KEY_PREVIOUS: z
    .string()
    .min(32)
    .optional()
    .describe('Verifies as well, while IDENTITY_KEY is being changed.'),
  SUBGRAPH_TOKENS: z
    .enum(['refused', 'accepted'])
    .default('refused')
    .describe(
      'Whether a subgraph in a process of its own also answers clients with access tokens, past the gateway and its limits.',
    ),
};
