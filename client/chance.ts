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
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte, index) => {
    // Version 4 and variant 1, as RFC 9562 marks random UUIDs.
    if (index === 6) return ((byte & 0x0f) | 0x40).toString(16);
    if (index === 8) return ((byte & 0x3f) | 0x80).toString(16);
    return byte.toString(16).padStart(2, '0');
  }).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
