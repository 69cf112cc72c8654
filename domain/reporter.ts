import type { Device } from './playhead.ts';
import type { SessionToken } from './session-token.ts';
import { deviceHash, sessionWriter } from './version.ts';

/** What stands for a session in all that it writes: the same with each of its heartbeats. */
export interface Reporter {
  /** `sessionWriter` of the session. */
  readonly writer: string;
  /** `deviceHash` of its device. */
  readonly deviceHash: string;
  /** One object for all requests that were opened as one token. */
  readonly device: Readonly<Device>;
}

const reporters = new WeakMap<SessionToken, Reporter>();

/** Cost: a look-up, once the token was met; it must not be changed from then on. */
export function reporterOf(token: SessionToken): Reporter {
  const known = reporters.get(token);
  if (known !== undefined) return known;
  const { deviceId: id, deviceKind: kind, deviceName: name } = token;
  const device = Object.freeze({ id, kind, name });
  const reporter = { writer: sessionWriter(token), deviceHash: deviceHash(id), device };
  reporters.set(token, reporter);
  return reporter;
}
