/** What the SDK keeps between page loads; `localStorage` fits. Every method may throw. */
export interface DeviceStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/**
 * A storage that never throws: what the given one refuses (full, private window, none at all) is
 * kept in memory until the page ends.
 */
export function guardedStorage(given: DeviceStorage | undefined): DeviceStorage {
  const kept = new Map<string, string>();
  return {
    getItem(key) {
      return kept.get(key) ?? attempt(() => given?.getItem(key)) ?? null;
    },
    setItem(key, value) {
      const isStored = attempt(() => {
        if (given === undefined) return false;
        given.setItem(key, value);
        return true;
      });
      if (isStored === true) kept.delete(key);
      else kept.set(key, value);
    },
  };
}

/** The browser's `localStorage`; reading the property alone throws where storage is forbidden. */
export function browserStorage(): DeviceStorage | undefined {
  return attempt(() => globalThis.localStorage);
}

function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    // A refused storage is expected on televisions and in private windows: memory takes over.
    return undefined;
  }
}
