/** Kinds of devices the schema knows; a server that does not know one is told OTHER. */
export type DeviceKind = 'TV' | 'PHONE' | 'TABLET' | 'WEB' | 'DESKTOP' | 'CONSOLE' | 'OTHER';

/** A device as the server shows it. `kind` may be a value newer than this SDK. */
export interface Device {
  id: string;
  name: string | null;
  kind: DeviceKind | (string & {});
}

/** A session alive on some device. */
export interface ActiveSession {
  id: string;
  device: Device;
  playerState: 'PLAYING' | 'PAUSED' | 'BUFFERING' | 'STOPPED' | (string & {});
  positionMs: number;
}

/** A playhead as the server sends it, whole. Positions and durations in ms. */
export interface Playhead {
  id: string;
  playableId: string;
  /** Exact last position. */
  positionMs: number;
  /** Where a player should start; true at the moment of the answer. */
  resumePositionMs: number;
  durationMs: number | null;
  /** 0 to 1; null while the duration is unknown. */
  progress: number | null;
  status: 'NOT_STARTED' | 'IN_PROGRESS' | 'FINISHED';
  hidden: boolean;
  /** Total order of writes: compares as a string. */
  version: string;
  /** RFC 3339, UTC. */
  updatedAt: string | null;
  /** The device whose activity won; null if forgotten or set by hand. */
  device: Device | null;
  /** Null when nothing plays it now. */
  activeSession: ActiveSession | null;
  freshness: { degraded: boolean };
}

/** Who goes on with what a session played. */
export interface TakeOver {
  sessionId: string;
  device: Device;
  /** RFC 3339, UTC. */
  at: string;
}

/** A session alive on some device, with what it plays. */
export interface PlaybackSession extends ActiveSession {
  playableId: string;
  /** RFC 3339, UTC, as `lastHeartbeatAt`. */
  startedAt: string;
  lastHeartbeatAt: string;
  /** Null: nobody took it over, or its viewer acted since. */
  takenOverBy: TakeOver | null;
}

/** Where another device is, or was, in the same title. */
export interface ResumeCandidate {
  sessionId: string;
  device: Device;
  positionMs: number;
  /** Where a player should start there. */
  resumePositionMs: number;
  /** When the device was last heard of, RFC 3339, and how long ago that was. */
  updatedAt: string;
  ageMs: number;
}

/** A playhead, and why a player should start at its `resumePositionMs`. */
export interface ExplainedPlayhead extends Playhead {
  resumeReason:
    | 'EXACT'
    | 'REWOUND_AFTER_PAUSE'
    | 'FINISHED_SO_FROM_START'
    | 'PLAYING_ELSEWHERE'
    | (string & {});
  /** The other place to go on from; null: there is none, or nobody knows. */
  alternative: ResumeCandidate | null;
}

/** Something the server refused, as data. */
export interface ServerProblem {
  code: string;
  message: string;
  path: string[] | null;
}

const playheadFields = `
  id playableId positionMs resumePositionMs durationMs progress status hidden version updatedAt
  device { id name kind }
  activeSession { id playerState positionMs device { id name kind } }
  freshness { degraded }
`;

const playheadSelection = `{${playheadFields}}`;

/** Only for whoever asks where to start: the hot path has no need of it. */
const explainedSelection = `{${playheadFields} resumeReason
  alternative { sessionId positionMs resumePositionMs updatedAt ageMs device { id name kind } }
}`;

const takeOverSelection = '{ sessionId at device { id name kind } }';

/** One operation of the public schema: the name is what servers log, the document what they run. */
export interface Operation {
  readonly name: string;
  readonly document: string;
}

/** Where the signed-in profile stopped; `viewer` is null when signed out, `playhead` when unknown. */
export const playheadQuery: Operation = {
  name: 'PlayheadOf',
  document: `query PlayheadOf($playableId: ID!) {
  viewer { playhead(playableId: $playableId) ${explainedSelection} }
}`,
};

/** What `playheadQuery` answers. */
export interface PlayheadQueryResult {
  viewer: { playhead: ExplainedPlayhead | null } | null;
}

/** Begins a session: ties its clock to the server's, and answers where the profile is. */
export const beginSessionMutation: Operation = {
  name: 'BeginSession',
  document: `mutation BeginSession($input: BeginSessionInput!) {
  beginSession(input: $input) {
    session stale nextHeartbeatInMs
    problems { code message path }
    playhead ${playheadSelection}
  }
}`,
};

/** What a session begins with; see schema/playback.graphql. Times in ms. */
export interface BeginSessionInput {
  playableId: string;
  sessionId: string;
  deviceId: string;
  deviceKind: DeviceKind;
  deviceName?: string | undefined;
  elapsedMs: number;
  basedOn?: string;
  durationMs?: number | undefined;
  creditsStartMs?: number | undefined;
}

/** What `beginSessionMutation` answers; null with an error beside it. */
export interface BeginSessionResult {
  beginSession: {
    session: string | null;
    stale: boolean;
    nextHeartbeatInMs: number;
    problems: ServerProblem[];
    playhead: Playhead | null;
  } | null;
}

/** Records a batch of one session; safe to retry. */
export const recordHeartbeatsMutation: Operation = {
  name: 'RecordHeartbeats',
  document: `mutation RecordHeartbeats($input: RecordHeartbeatsInput!) {
  recordHeartbeats(input: $input) {
    outcome durability nextHeartbeatInMs
    takenOverBy ${takeOverSelection}
    problems { code message path }
    playhead ${playheadSelection}
  }
}`,
};

/** What `recordHeartbeatsMutation` answers; null with an error beside it. */
export interface RecordHeartbeatsResult {
  recordHeartbeats: RecordedHeartbeats | null;
}

/** What became of a batch, and the playhead now in force. */
export interface RecordedHeartbeats {
  outcome: 'ACCEPTED' | 'SUPERSEDED' | 'DUPLICATE' | 'REFUSED';
  durability: 'HOT' | 'DURABLE' | 'NONE';
  nextHeartbeatInMs: number;
  /** This session was taken over: pause. */
  takenOverBy: TakeOver | null;
  problems: ServerProblem[];
  playhead: Playhead | null;
}

/** Goes on in one session with what another one plays; moves nothing by itself. Safe to retry. */
export const takeOverMutation: Operation = {
  name: 'TakeOver',
  document: `mutation TakeOver($input: TakeOverInput!) {
  takeOver(input: $input) {
    from { takenOverBy ${takeOverSelection} }
    playhead ${explainedSelection}
    problems { code message path }
  }
}`,
};

/** What `takeOverMutation` answers; null with an error beside it. */
export interface TakeOverResult {
  takeOver: {
    from: { takenOverBy: TakeOver | null } | null;
    playhead: ExplainedPlayhead | null;
    problems: ServerProblem[];
  } | null;
}

/** First a SNAPSHOT, then CHANGED; whole playheads, so both are read the same way. */
export const playheadUpdatesSubscription: Operation = {
  name: 'PlayheadUpdates',
  document: `subscription PlayheadUpdates {
  playheadUpdates { kind playheads ${playheadSelection} }
}`,
};

/** One event of `playheadUpdatesSubscription`. */
export interface PlayheadUpdatesResult {
  playheadUpdates: { kind: 'SNAPSHOT' | 'CHANGED'; playheads: Playhead[] };
}

/** All sessions of the profile that are alive: first a SNAPSHOT, then CHANGED. */
export const activeSessionUpdatesSubscription: Operation = {
  name: 'ActiveSessionUpdates',
  document: `subscription ActiveSessionUpdates {
  activeSessionUpdates {
    sessions {
      id playableId playerState positionMs startedAt lastHeartbeatAt device { id name kind }
      takenOverBy ${takeOverSelection}
    }
  }
}`,
};

/** One event of `activeSessionUpdatesSubscription`; null: nobody knows just now. */
export interface ActiveSessionUpdatesResult {
  activeSessionUpdates: { sessions: PlaybackSession[] | null };
}

/** The row at once, then after each change of its order or content. */
export const continueWatchingSubscription: Operation = {
  name: 'ContinueWatchingUpdates',
  document: `subscription ContinueWatchingUpdates($first: Int!, $deviceKind: DeviceKind) {
  continueWatchingUpdates {
    viewer {
      continueWatching(first: $first, deviceKind: $deviceKind) {
        rankingId rankedAt ranker degraded continuationProbability
        edges {
          node {
            id kind playableId score
            reasons { code text }
            playable { id title durationMs artworkUrl playhead ${playheadSelection} }
          }
        }
      }
    }
  }
}`,
};

/** One card of the row: press it to play `playableId`. */
export interface ContinueWatchingItem {
  /** Stays while what the card plays moves on: the key for animations. */
  id: string;
  /** Unknown values may appear: treat as RESUME. */
  kind: 'RESUME' | 'NEXT_EPISODE' | 'NEW_EPISODE' | 'PLAYING_ELSEWHERE' | (string & {});
  playableId: string;
  score: number | null;
  reasons: { code: string; text: string }[];
  /** Null when the catalog no longer has it, or does not answer. */
  playable: {
    id: string;
    title: string;
    durationMs: number | null;
    artworkUrl: string | null;
    playhead: Playhead | null;
  } | null;
}

/** One event of `continueWatchingSubscription`; a row that is down is null. */
export interface ContinueWatchingResult {
  continueWatchingUpdates: {
    viewer: {
      continueWatching: {
        rankingId: string;
        rankedAt: string;
        ranker: string;
        degraded: boolean;
        continuationProbability: number | null;
        edges: { node: ContinueWatchingItem }[];
      } | null;
    };
  };
}
