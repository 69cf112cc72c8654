interface Example {
  account: string;
  atMs: number;
  features: Float32Array;
}

/**
 * Sums of doubles depend on their order, so that there is but one: by account, time, contents and outcome.
 */
export function inOneOrder<Each extends Example>(
  examples: readonly Each[],
  outcomeOf: (example: Each) => number,
): Each[] {
  return [...examples].sort(
    (left, right) =>
      compare(left.account, right.account) ||
      left.atMs - right.atMs ||
      Buffer.compare(bytesOf(left.features), bytesOf(right.features)) ||
      outcomeOf(left) - outcomeOf(right),
  );
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
