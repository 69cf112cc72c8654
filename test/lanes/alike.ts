import { isDeepStrictEqual } from 'node:util';
import type { LaneAnswer } from './lane-gateways.ts';

interface ShownError {
  readonly path?: readonly (string | number)[] | null;
}

/**
 * Whether two answers say the same. GraphQL promises no order of errors; and of several fields that make
 * the same place null, it does not promise which is told of.
 */
export function areAlike(one: LaneAnswer, other: LaneAnswer): boolean {
  return isDeepStrictEqual(comparable(one), comparable(other));
}

function comparable(answer: LaneAnswer): unknown {
  const { data, errors } = answer;
  const placed = (errors as readonly ShownError[] | undefined)?.map((error) =>
    JSON.stringify(inOrder({ ...error, path: placeOf(error.path, data) })),
  );
  return { ...answer, errors: placed?.sort() };
}

/** Keys of objects are compared in no order. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.map(([key, part]) => [key, inOrder(part)]);
}

/** Where the null is that an error has led to. */
function placeOf(path: ShownError['path'], data: unknown): unknown {
  if (path == null) return path === null ? null : 'none';
  let at = data;
  for (const [depth, key] of path.entries()) {
    if (at == null) return path.slice(0, depth);
    at = (at as Record<string | number, unknown>)[key];
  }
  return path;
}
