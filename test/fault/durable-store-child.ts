import { writeSync } from 'node:fs';
import { handVersion, versionZero } from '../../domain/version.ts';
import { openEmbeddedDurableStore } from '../../stores/embedded/durable.ts';

/**
 * Writes intents to the durable store at this path until it is killed, several at a time; prints each
 * register, as one line of JSON, only once its write had resolved.
 */
const [path = '', firstSecond = '0'] = process.argv.slice(2);
const writers = 6;

const durable = openEmbeddedDurableStore({ path });
await Promise.all(Array.from({ length: writers }, (_, writer) => writeOnAndOn(writer)));

async function writeOnAndOn(writer: number): Promise<never> {
  for (let count = 0; ; count += 1) {
    const nowMs = (Number(firstSecond) + count) * 1_000;
    const version = handVersion({ nowMs, inForce: versionZero, nonce: `${writer}` });
    // Two writers share a title: what one of them wrote must not undo the other's newer write.
    const register = {
      profileId: `profile-${writer % 3}`,
      title: `title-${count % 5}`,
      version,
      positionMs: count,
    };
    const { profileId, title, positionMs } = register;
    const playhead = {
      version,
      status: 'IN_PROGRESS' as const,
      positionMs,
      durationMs: null,
      deviceHash: null,
      sessionStartedAtMs: null,
      laterFields: '',
    };
    const visibility = { version, hidden: count % 2 === 0, laterFields: '' };
    const devices = [{ id: `device-${writer}`, kind: 'TV', name: null }];
    await durable.write({ profileId, titles: [{ title, playhead, visibility }], devices });
    writeSync(1, `${JSON.stringify(register)}\n`);
  }
}
