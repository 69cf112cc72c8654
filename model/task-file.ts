import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { featureNames } from '../subgraphs/recommendations/features.ts';
import type { RankingQuery } from './task.ts';

const version = 1;

/**
 * Writes queries for a trainer in another language: a line of JSON that names the features, then a line a
 * query, whose features are base64 of little-endian 32-bit floats [count × features], NaN where unknown.
 * Accounts are not named; which queries are held out is told.
 *
 * Shape: the same queries, the same bytes.
 * Errors: what the file system says; a file that is there is replaced.
 */
export async function writeTaskFile(
  file: string,
  queries: readonly RankingQuery[],
  heldOut: ReadonlySet<string>,
): Promise<void> {
  function* lines() {
    yield `${JSON.stringify({ kind: 'ranking-task', version, featureNames })}\n`;
    for (const { account, count, chosen, features } of queries) {
      const query = { count, chosen, heldOut: heldOut.has(account), features: base64Of(features) };
      yield `${JSON.stringify(query)}\n`;
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(file));
}

function base64Of(features: Float32Array): string {
  const bytes = Buffer.alloc(features.length * Float32Array.BYTES_PER_ELEMENT);
  for (const [index, value] of features.entries())
    bytes.writeFloatLE(value, index * Float32Array.BYTES_PER_ELEMENT);
  return bytes.toString('base64');
}
