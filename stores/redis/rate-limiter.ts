import { createHmac } from 'node:crypto';
import { msOf, slackMs } from '../../domain/rate-limit.ts';
import type { RateLimiter } from '../rate-limiter.ts';
import { RedisConnection, type RedisConnectionOptions } from './connection.ts';
import { rateKey } from './keys.ts';
import { readScript } from './scripts.ts';

const rateTake = readScript('rate-take');
/** Of a hash: 22 characters are 132 bits, more than anybody makes collide. */
const hashLength = 22;

/**
 * Buckets that processes share, by the clock of Redis. A key says nothing of whose it is: its id is hashed
 * with `secret`, without which all addresses there are could be tried.
 */
export async function openRedisRateLimiter(
  options: RedisConnectionOptions & { secret: string },
): Promise<RateLimiter> {
  const connection = await RedisConnection.open(options);
  const hashed = (id: string) =>
    createHmac('sha256', options.secret).update(id).digest('base64url').slice(0, hashLength);
  return {
    async take({ kind, id, count, limit }) {
      const { burst } = limit;
      const waitMs = await connection.run(rateTake, {
        keys: [rateKey(kind, hashed(`${kind}|${id}`))],
        args: [msOf(Math.min(count, burst), limit), msOf(burst, limit), slackMs],
      });
      return Number(waitMs);
    },
    close: () => connection.close(),
  };
}
