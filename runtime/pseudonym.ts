import { createHmac } from 'node:crypto';
import type { Signer } from './identity.ts';

/** Characters of a pseudonym: 96 bits. */
const pseudonymLength = 16;

/** A key of its own, made of the one secret that every process has. */
export function pseudonymKeyOf(signer: Pick<Signer, 'sign'>): string {
  return signer.sign('key of the pseudonyms in the interaction log');
}

/** The same for the same profile; whoever lacks the key cannot tell whose it is. Cost: about 5 µs. */
export function pseudonymOf(profileId: string, { key }: { key: string }): string {
  const hash = createHmac('sha256', key).update(profileId);
  return hash.digest('base64url').slice(0, pseudonymLength);
}
