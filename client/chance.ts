/** Where randomness comes from on a device: browsers give the real one, tests their own. */
export interface Chance {
  /** 0 to 1, without 1. */
  random(): number;
  /** A fresh id (UUID) that nobody else makes. */
  newId(): string;
}

/** The device's own randomness. */
export const deviceChance: Chance = { random: () => Math.random(), newId };

/** `crypto.randomUUID` is missing on plain http:// pages, such as a demo opened from a phone. */
function newId(): string {
  // Version 4 and variant 1, as RFC 9562 marks random UUIDs; of the variant's four forms one is enough.
  return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replace(/x/g, () => {
    const [byte = 0] = crypto.getRandomValues(new Uint8Array(1));
    return (byte & 15).toString(16);
  });
}
