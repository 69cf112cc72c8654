import type { Heartbeat, PlaybackEvent } from '../domain/heartbeat.ts';
import { defaultPolicy } from '../domain/policy.ts';
import { encodeSessionToken, type SessionToken } from '../domain/session-token.ts';
import type { MergeRequest } from '../stores/hot-store.ts';
import type { PlaybackDeps } from '../subgraphs/playback/deps.ts';
import { recordHeartbeats } from '../subgraphs/playback/record-heartbeats.ts';

const filmMs = 2 * 3_600_000;
/** Viewers begin within this time: neither their progress events nor their drains come all at once. */
const beginWithinMs = 30_000;

interface Viewer {
  token: SessionToken;
  session: string;
  sequence: number;
}

/**
 * Viewers who each watch one title on one device, and what their heartbeats come to: the very requests
 * that `recordHeartbeats` makes of them, in turn.
 */
export class Audience {
  readonly viewers: readonly Viewer[];
  /** Time since the session began at the last heartbeat of whoever had the last turn, ms. */
  #elapsedMs = 0;
  #next = 0;
  readonly #beganMs = Date.UTC(2026, 10, 1, 20);

  constructor(size: number) {
    this.viewers = Array.from({ length: size }, (_, number) => viewerOf(number, this.#beganMs));
  }

  /** Time of the first viewer, which the others are up to half a minute ahead of. */
  get nowMs(): number {
    return this.#beganMs + this.#elapsedMs;
  }

  /** The next viewer's next report, `beatMs` after that viewer's last one. */
  async report(beatMs: number, event: PlaybackEvent = 'HEARTBEAT'): Promise<MergeRequest> {
    const viewer = this.viewers[this.#next] as Viewer;
    if (this.#next === 0) this.#elapsedMs += beatMs;
    this.#next = (this.#next + 1) % this.viewers.length;
    const heartbeat = {
      sequence: viewer.sequence,
      event,
      elapsedMs: this.#elapsedMs,
      positionMs: this.#elapsedMs % filmMs,
      durationMs: null,
      fromPositionMs: null,
    };
    viewer.sequence += 1;
    const nowMs = viewer.token.anchorMs + this.#elapsedMs;
    return requestOf({ viewer, heartbeat, nowMs });
  }
}

/** What the subgraph would merge: it runs without stores, and its write comes here instead. */
async function requestOf(of: {
  viewer: Viewer;
  heartbeat: Heartbeat;
  nowMs: number;
}): Promise<MergeRequest> {
  const requests: MergeRequest[] = [];
  const deps = {
    writePath: {
      write: async (request: MergeRequest) => {
        requests.push(request);
        return { kind: 'held' };
      },
    },
    rates: { admit: async () => {} },
    clock: { nowMs: () => of.nowMs },
    policy: defaultPolicy,
    signer: { isValid: () => true },
  };
  const { session, token } = of.viewer;
  const input = { session, heartbeats: [of.heartbeat] };
  await recordHeartbeats(deps as unknown as PlaybackDeps, token.profileId, input);
  const [request] = requests;
  if (request === undefined) throw new Error('The heartbeat was refused.');
  return request;
}

function viewerOf(number: number, nowMs: number): Viewer {
  const token: SessionToken = {
    profileId: uuid(1, number),
    title: `mov_title_number_${number % 20}`,
    deviceId: uuid(2, number),
    deviceKind: 'TV',
    deviceName: 'Living room',
    sessionId: uuid(3, number),
    anchorMs: nowMs + ((number * 7_919) % beginWithinMs),
    issuedAtMs: nowMs,
    startedFrom: null,
    isStale: false,
    durationMs: filmMs,
    creditsStartMs: null,
  };
  return { token, session: encodeSessionToken(token, () => 'unsigned'), sequence: 0 };
}

/** Of the length of a real one. */
function uuid(kind: number, number: number): string {
  return `0b9e6c1c-6f3e-4d0e-9a3${kind}-${String(number).padStart(12, '0')}`;
}
