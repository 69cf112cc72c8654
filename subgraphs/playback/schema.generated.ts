import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { PlayheadView, SessionView } from './playhead-view.ts';
import type { RecordOutcome } from './record-heartbeats.ts';
import type { ChangeOutcome } from './change-playhead.ts';
import type { UndoOutcome } from './undo-session.ts';
import type { TakeOverOutcome } from './take-over.ts';
import type { Problem as DomainProblem } from '../../domain/problem.ts';
import type { Viewer as SignedIn } from '../../runtime/identity.ts';
import type { Context } from './context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** Instant in RFC 3339 form, always UTC with milliseconds: 2026-11-23T17:00:00.000Z. */
  DateTime: { input: string; output: string; }
  _FieldSet: { input: unknown; output: unknown; }
};

/** Anything with a globally unique, opaque id. */
export type Node = {
  id: Scalars['ID']['output'];
};

/** Anything a catalog team marks as playable (movie, episode, …). Playback adds its field to all of them at once. */
export type Playable = {
  __typename?: 'Playable';
  id: Scalars['ID']['output'];
  /**
   * Where the signed-in profile stopped. Never started is a playhead too (NOT_STARTED, at 0).
   * Null means unknown: nobody could say just now, or nobody is signed in. Never start at zero because of it.
   */
  playhead?: Maybe<Playhead>;
};

/** The profile the access token stands for. Every subgraph resolves it from the token, hence shareable. */
export type Viewer = {
  __typename?: 'Viewer';
  /** Nullable on purpose: any subgraph may be the one that answers it, and none may take the others down. */
  id?: Maybe<Scalars['ID']['output']>;
  playhead?: Maybe<Playhead>;
  /** In the order asked; 1 to 100 ids. Null means unknown. */
  playheads?: Maybe<Array<Playhead>>;
  /** Started and not finished, most recently active first. Hidden ones are left out. */
  inProgress?: Maybe<PlayheadConnection>;
  /** Everything started or finished, hidden too unless filtered, most recently active first; first is 1 to 100. */
  history?: Maybe<PlayheadConnection>;
  /** Sessions alive now: a heartbeat within the liveness window. Short, so a list and not a connection. */
  activeSessions?: Maybe<Array<PlaybackSession>>;
  /** What was watched in the last 90 days, session by session, the one that began last first; first is 1 to 50. Nothing that was forgotten. `undoSession` takes one back. Null means unknown: nobody could say just now. */
  watchSessions?: Maybe<WatchSessionConnection>;
};


/** The profile the access token stands for. Every subgraph resolves it from the token, hence shareable. */
export type ViewerPlayheadArgs = {
  playableId: Scalars['ID']['input'];
};


/** The profile the access token stands for. Every subgraph resolves it from the token, hence shareable. */
export type ViewerPlayheadsArgs = {
  playableIds: Array<Scalars['ID']['input']>;
};


/** The profile the access token stands for. Every subgraph resolves it from the token, hence shareable. */
export type ViewerInProgressArgs = {
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};


/** The profile the access token stands for. Every subgraph resolves it from the token, hence shareable. */
export type ViewerHistoryArgs = {
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<PlayheadFilter>;
};


/** The profile the access token stands for. Every subgraph resolves it from the token, hence shareable. */
export type ViewerWatchSessionsArgs = {
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
};

/** One session as it was watched: "Tuesday 21:40, TV, Sintel 12:00 to 48:00". */
export type WatchSession = {
  __typename?: 'WatchSession';
  /** The `sessionId` that its player gave to `beginSession`. */
  id: Scalars['ID']['output'];
  device: Device;
  /** One, unless its player went on to another title within the session; in the order in which they began. */
  titles: Array<WatchedTitle>;
  startedAt: Scalars['DateTime']['output'];
  endedAt: Scalars['DateTime']['output'];
  /** When it was undone; null while any of it counts. */
  undoneAt?: Maybe<Scalars['DateTime']['output']>;
};

export type WatchedTitle = {
  __typename?: 'WatchedTitle';
  playableId: Scalars['ID']['output'];
  playable?: Maybe<Playable>;
  fromPositionMs: Scalars['Int']['output'];
  toPositionMs: Scalars['Int']['output'];
  durationMs?: Maybe<Scalars['Int']['output']>;
  /** Whether the session left it finished. */
  finished: Scalars['Boolean']['output'];
  startedAt: Scalars['DateTime']['output'];
  endedAt: Scalars['DateTime']['output'];
  undoneAt?: Maybe<Scalars['DateTime']['output']>;
};

export type WatchSessionConnection = {
  __typename?: 'WatchSessionConnection';
  edges: Array<WatchSessionEdge>;
  pageInfo: PageInfo;
};

export type WatchSessionEdge = {
  __typename?: 'WatchSessionEdge';
  cursor: Scalars['String']['output'];
  node: WatchSession;
};

/** The merged register for one profile and one playable. Every write returns it whole, every push carries it whole. */
export type Playhead = Node & {
  __typename?: 'Playhead';
  /** One for each (profile, playable), started or not, and it never changes. */
  id: Scalars['ID']['output'];
  /** Always there, whatever became of the catalog, and costs no other subgraph. */
  playableId: Scalars['ID']['output'];
  /** Null if the catalog does not know it, or does not answer. */
  playable?: Maybe<Playable>;
  /** Exact last position, in ms from the start of the content (advertisements excluded). */
  positionMs: Scalars['Int']['output'];
  /** Where a player should start: position less the rewind for the length of the pause; 0 once finished. True at the moment of the answer: ask again when play is pressed. */
  resumePositionMs: Scalars['Int']['output'];
  /** Why resumePositionMs is what it is. Unknown values may appear. */
  resumeReason: ResumeReason;
  durationMs?: Maybe<Scalars['Int']['output']>;
  /** 0 to 1; null while the duration is unknown. */
  progress?: Maybe<Scalars['Float']['output']>;
  status: PlayheadStatus;
  hidden: Scalars['Boolean']['output'];
  /** Total order of writes: fixed width, compares as a string. Ignore a playhead whose version is lower than the one you hold; at an equal version take the newcomer (session and freshness move without it). */
  version: Scalars['String']['output'];
  /** Time of the activity that won, corrected for the device's clock. */
  updatedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The device whose activity won. Null if it was forgotten or the playhead was set by hand. */
  device?: Maybe<Device>;
  /** Null when nothing is playing it now. */
  activeSession?: Maybe<PlaybackSession>;
  /**
   * The other place to go on from: where the device that was heard of last, of those more than a minute away from positionMs, is or was.
   * From the sessions of the last 24 hours (20 a profile), overtaken ones too, in the read that answers the playhead: it costs nothing more.
   * Null when there is none, and when nobody knows: it is never guessed. It moves without `version`.
   */
  alternative?: Maybe<ResumeCandidate>;
  freshness: Freshness;
};

/** Where another device is, or was, in the same title. */
export type ResumeCandidate = {
  __typename?: 'ResumeCandidate';
  sessionId: Scalars['ID']['output'];
  device: Device;
  positionMs: Scalars['Int']['output'];
  /** As in Playhead: the position less the rewind for the time since. */
  resumePositionMs: Scalars['Int']['output'];
  /** When the device was last heard of. */
  updatedAt: Scalars['DateTime']['output'];
  /** How long ago that was. */
  ageMs: Scalars['Int']['output'];
};

export type PlayheadStatus =
  /** Never started, or forgotten. */
  | 'NOT_STARTED'
  | 'IN_PROGRESS'
  | 'FINISHED';

export type ResumeReason =
  | 'EXACT'
  | 'REWOUND_AFTER_PAUSE'
  | 'FINISHED_SO_FROM_START'
  | 'PLAYING_ELSEWHERE';

/** How far to trust the value. A degraded read is data with a flag, never an error. */
export type Freshness = {
  __typename?: 'Freshness';
  source: FreshnessSource;
  asOf: Scalars['DateTime']['output'];
  /** True: a newer position may exist that could not be read just now. */
  degraded: Scalars['Boolean']['output'];
};

export type FreshnessSource =
  | 'HOT'
  | 'DURABLE';

export type Device = {
  __typename?: 'Device';
  id: Scalars['ID']['output'];
  name?: Maybe<Scalars['String']['output']>;
  kind: DeviceKind;
};

/** Unknown values may appear; send OTHER for what is not here. Keep equal in every subgraph (composition insists). */
export type DeviceKind =
  | 'TV'
  | 'PHONE'
  | 'TABLET'
  | 'WEB'
  | 'DESKTOP'
  | 'CONSOLE'
  | 'OTHER';

export type PlaybackSession = {
  __typename?: 'PlaybackSession';
  id: Scalars['ID']['output'];
  device: Device;
  playableId: Scalars['ID']['output'];
  playable?: Maybe<Playable>;
  playerState: PlayerState;
  positionMs: Scalars['Int']['output'];
  startedAt: Scalars['DateTime']['output'];
  lastHeartbeatAt: Scalars['DateTime']['output'];
  /** Another session took over: this one's player pauses, and moves nothing until its viewer plays or seeks there. Null: nobody did, or its viewer acted since. */
  takenOverBy?: Maybe<TakeOver>;
};

/** Who goes on with what a session played. */
export type TakeOver = {
  __typename?: 'TakeOver';
  sessionId: Scalars['ID']['output'];
  device: Device;
  at: Scalars['DateTime']['output'];
};

export type PlayerState =
  | 'PLAYING'
  | 'PAUSED'
  | 'BUFFERING'
  | 'STOPPED';

export type PlayheadFilter = {
  status?: InputMaybe<PlayheadStatus>;
  hidden?: InputMaybe<Scalars['Boolean']['input']>;
};

export type PlayheadConnection = {
  __typename?: 'PlayheadConnection';
  edges: Array<PlayheadEdge>;
  pageInfo: PageInfo;
};

export type PlayheadEdge = {
  __typename?: 'PlayheadEdge';
  cursor: Scalars['String']['output'];
  node: Playhead;
};

export type PageInfo = {
  __typename?: 'PageInfo';
  hasNextPage: Scalars['Boolean']['output'];
  hasPreviousPage: Scalars['Boolean']['output'];
  startCursor?: Maybe<Scalars['String']['output']>;
  endCursor?: Maybe<Scalars['String']['output']>;
};

export type Query = {
  __typename?: 'Query';
  /** Null when signed out. */
  viewer?: Maybe<Viewer>;
};

export type Mutation = {
  __typename?: 'Mutation';
  /**
   * Once for each continuous playback, when play is pressed (or when an offline device is back, before it uploads): ties the session's
   * clock to the server's and answers where to start. Safe to retry: use the answer you got, if it took less than a second; ask again otherwise.
   */
  beginSession?: Maybe<BeginSessionPayload>;
  /**
   * The hot path: one heartbeat, or a batch (offline outbox, page hide), of one session.
   * Idempotent by (session, sequence) and safe to retry. A late heartbeat is absorbed, never an error: see `outcome`.
   */
  recordHeartbeats?: Maybe<RecordHeartbeatsPayload>;
  /**
   * "Continue here": this session goes on with what another one of the profile plays. The other one is told, in its next answer and by
   * `activeSessionUpdates`, and moves the playhead no more until its viewer acts there. Safe to retry.
   */
  takeOver?: Maybe<TakeOverPayload>;
  /** Mark as watched by hand, started or not. */
  finishPlayhead?: Maybe<PlayheadPayload>;
  /** Back to zero and in progress; also un-finishes. */
  restartPlayhead?: Maybe<PlayheadPayload>;
  /** Leave the position, leave the row: takes any playable, a card's next episode too, and removes the whole card. Lifted by a deliberate play, not by a late heartbeat. */
  hidePlayhead?: Maybe<PlayheadPayload>;
  unhidePlayhead?: Maybe<PlayheadPayload>;
  /** Remove the position itself. A heartbeat older than this never brings it back. */
  forgetPlayhead?: Maybe<PlayheadPayload>;
  /** All of this profile's history. Nothing older comes back. */
  forgetAllPlayheads?: Maybe<ForgetAllPlayheadsPayload>;
  /**
   * Sets what a session watched back to where it would be if that session had never been: not to what it met, if other sessions watched on
   * meanwhile. A title that another session, or the viewer by hand, moved since stays as they left it. What the session does after this counts again.
   */
  undoSession?: Maybe<UndoSessionPayload>;
  /**
   * "That was not me": gives what a session watched to another profile of the account. There each title is then what it would be had that
   * profile watched it at that time, here what it would be had the session never been. What the session does after this counts here again.
   * FORBIDDEN unless the access token's `profiles` names that profile. Safe to retry: what was given before is given no second time.
   */
  reassignSession?: Maybe<ReassignSessionPayload>;
};


export type MutationBeginSessionArgs = {
  input: BeginSessionInput;
};


export type MutationRecordHeartbeatsArgs = {
  input: RecordHeartbeatsInput;
};


export type MutationTakeOverArgs = {
  input: TakeOverInput;
};


export type MutationFinishPlayheadArgs = {
  input: PlayheadInput;
};


export type MutationRestartPlayheadArgs = {
  input: PlayheadInput;
};


export type MutationHidePlayheadArgs = {
  input: PlayheadInput;
};


export type MutationUnhidePlayheadArgs = {
  input: PlayheadInput;
};


export type MutationForgetPlayheadArgs = {
  input: PlayheadInput;
};


export type MutationUndoSessionArgs = {
  input: UndoSessionInput;
};


export type MutationReassignSessionArgs = {
  input: ReassignSessionInput;
};

export type ReassignSessionInput = {
  /** `id` of a WatchSession. */
  sessionId: Scalars['ID']['input'];
  /** Only this title of it; null: all of it that was not undone. */
  playableId?: InputMaybe<Scalars['ID']['input']>;
  /** Another profile of the account, as the access token names it. */
  profileId: Scalars['ID']['input'];
};

export type ReassignSessionPayload = {
  __typename?: 'ReassignSessionPayload';
  /** Playheads now in force here, of the titles that went to the other profile. Empty with a problem; null: done, and unknown just now. */
  playheads?: Maybe<Array<Playhead>>;
  problems: Array<Problem>;
};

export type UndoSessionInput = {
  /** `id` of a WatchSession. */
  sessionId: Scalars['ID']['input'];
  /** Only this title of it; null: all of it. */
  playableId?: InputMaybe<Scalars['ID']['input']>;
};

export type UndoSessionPayload = {
  __typename?: 'UndoSessionPayload';
  /** Playheads now in force of the titles that the session watched. Empty with a problem; null: done, and unknown just now. */
  playheads?: Maybe<Array<Playhead>>;
  problems: Array<Problem>;
};

export type BeginSessionInput = {
  playableId: Scalars['ID']['input'];
  /** Made by the client for each continuous playback (UUID). */
  sessionId: Scalars['ID']['input'];
  deviceId: Scalars['ID']['input'];
  deviceKind: DeviceKind;
  deviceName?: InputMaybe<Scalars['String']['input']>;
  /** Session clock (monotonic ms since this playback began on the device) at the moment of sending: 0 when play was just pressed. Never a wall clock. Float: 30 days do not fit an Int. */
  elapsedMs: Scalars['Float']['input'];
  /** `version` of the playhead the player started from, if it did not wait for this answer; null otherwise. */
  basedOn?: InputMaybe<Scalars['String']['input']>;
  durationMs?: InputMaybe<Scalars['Int']['input']>;
  /** Where the credits begin, if the player knows: reaching it means finished. */
  creditsStartMs?: InputMaybe<Scalars['Int']['input']>;
};

export type BeginSessionPayload = {
  __typename?: 'BeginSessionPayload';
  /** Opaque and signed; send it with every heartbeat of the session. Null only with a problem. */
  session?: Maybe<Scalars['String']['output']>;
  /** Where this profile is: start here. Null: unknown just now, so use what you hold. */
  playhead?: Maybe<Playhead>;
  /** True: the player started from an older playhead. Offer `playhead`; until the viewer acts here, plain heartbeats do not move it. */
  stale: Scalars['Boolean']['output'];
  /** Other sessions of this profile alive now. */
  otherSessions?: Maybe<Array<PlaybackSession>>;
  nextHeartbeatInMs: Scalars['Int']['output'];
  problems: Array<Problem>;
};

export type RecordHeartbeatsInput = {
  /** From `beginSession`. */
  session: Scalars['String']['input'];
  /** 1 to 100, in order of `sequence`. */
  heartbeats: Array<HeartbeatInput>;
};

export type HeartbeatInput = {
  /** Grows by 1 within the session. */
  sequence: Scalars['Int']['input'];
  event: PlaybackEvent;
  /** Session clock when it was observed; grows by at least 1 ms with each sequence. The server drops the fraction. */
  elapsedMs: Scalars['Float']['input'];
  positionMs: Scalars['Int']['input'];
  durationMs?: InputMaybe<Scalars['Int']['input']>;
  /** For SEEK: where the seek began. */
  fromPositionMs?: InputMaybe<Scalars['Int']['input']>;
};

export type PlaybackEvent =
  | 'START'
  | 'HEARTBEAT'
  | 'PLAY'
  | 'PAUSE'
  | 'SEEK'
  | 'BUFFER'
  | 'STOP'
  | 'FINISH'
  /** Still here and not playing: refreshes the session's presence, never moves the playhead. */
  | 'PING';

export type TakeOverInput = {
  /** From `beginSession`: the session that goes on here. Begin it without `basedOn`, the viewer chose. */
  session: Scalars['String']['input'];
  /** Id of the session that is taken over, from `activeSession`, `activeSessions` or `otherSessions`; of the same playable. */
  from: Scalars['ID']['input'];
  /** Session clock when the viewer chose to go on here. */
  elapsedMs: Scalars['Float']['input'];
};

export type TakeOverPayload = {
  __typename?: 'TakeOverPayload';
  /** The session that was taken over. Its `takenOverBy` is null if its viewer acted after this. Null only with a problem. */
  from?: Maybe<PlaybackSession>;
  /** Where to go on: start at `resumePositionMs`. */
  playhead?: Maybe<Playhead>;
  problems: Array<Problem>;
};

export type RecordHeartbeatsPayload = {
  __typename?: 'RecordHeartbeatsPayload';
  /** Of the newest heartbeat that was not refused; refused ones are in `problems`, by index. */
  outcome: HeartbeatOutcome;
  /** The playhead now in force, whoever wrote it. Null only if everything was refused. */
  playhead?: Maybe<Playhead>;
  durability: Durability;
  /** This session was taken over: pause. Null otherwise, also when it is merely SUPERSEDED. Costs a read only then. */
  takenOverBy?: Maybe<TakeOver>;
  /** When to send the next one; the operator raises it under load. */
  nextHeartbeatInMs: Scalars['Int']['output'];
  problems: Array<Problem>;
};

export type HeartbeatOutcome =
  /** Became the current playhead. */
  | 'ACCEPTED'
  /** A newer activity is in force; `playhead` holds it. */
  | 'SUPERSEDED'
  /** Seen before. */
  | 'DUPLICATE'
  /** Nothing stored: see `problems`, or, without any, send the newest again at `nextHeartbeatInMs`. */
  | 'REFUSED';

/** What survives what. Heartbeats are HOT; pause, seek, stop and finish are DURABLE unless the durable store is down. */
export type Durability =
  /** In the fast tier, and on its way to the durable one. */
  | 'HOT'
  /** In the durable tier. */
  | 'DURABLE'
  /** Nothing was stored. */
  | 'NONE';

export type PlayheadInput = {
  playableId: Scalars['ID']['input'];
  /** `version` of the playhead the viewer saw when pressing the button: makes a retried or queued change safe. Null: whatever is in force. */
  basedOn?: InputMaybe<Scalars['String']['input']>;
};

export type PlayheadPayload = {
  __typename?: 'PlayheadPayload';
  playhead?: Maybe<Playhead>;
  problems: Array<Problem>;
};

export type ForgetAllPlayheadsPayload = {
  __typename?: 'ForgetAllPlayheadsPayload';
  forgottenAt?: Maybe<Scalars['DateTime']['output']>;
  problems: Array<Problem>;
};

/** Something the app or the user did that we expected might happen. Empty list: success. An interface, so that old builds survive new kinds. */
export type Problem = {
  code: ProblemCode;
  /** For developers, in English; not for users. */
  message: Scalars['String']['output'];
  /** Input path, such as ["heartbeats", "0", "positionMs"]. */
  path?: Maybe<Array<Scalars['String']['output']>>;
};

export type ProblemCode =
  | 'INVALID_INPUT'
  | 'POSITION_OUT_OF_RANGE'
  | 'TOO_MANY_HEARTBEATS'
  | 'HEARTBEAT_TOO_OLD'
  | 'SESSION_INVALID'
  | 'OUT_OF_ORDER'
  | 'NOT_FOUND'
  /** The session is playing: stop it, or take its playback over, first. */
  | 'SESSION_ACTIVE'
  /** It was undone before, and nothing was changed. */
  | 'ALREADY_UNDONE'
  /** Another profile has it already, and nothing was changed. */
  | 'ALREADY_REASSIGNED';

export type InputProblem = Problem & {
  __typename?: 'InputProblem';
  code: ProblemCode;
  message: Scalars['String']['output'];
  path?: Maybe<Array<Scalars['String']['output']>>;
};

export type Subscription = {
  __typename?: 'Subscription';
  /**
   * First a SNAPSHOT (the 50 most recent, or the one asked for; one that is absent is not removed), then CHANGED for each accepted change and
   * each session that begins or ends, conflated
   * to the latest state for a slow reader. Whole playheads, so a normalised cache needs no reducer. After any reconnect: a new SNAPSHOT.
   */
  playheadUpdates: PlayheadUpdate;
  /**
   * Which sessions of the profile play where: first a SNAPSHOT, then CHANGED whenever one begins, moves, pauses, is taken over or ends, always
   * all of them, conflated to the latest state for a slow reader. After any reconnect: a new SNAPSHOT.
   */
  activeSessionUpdates: ActiveSessionsUpdate;
};


export type SubscriptionPlayheadUpdatesArgs = {
  playableId?: InputMaybe<Scalars['ID']['input']>;
};

export type ActiveSessionsUpdate = {
  __typename?: 'ActiveSessionsUpdate';
  kind: PlayheadUpdateKind;
  /** As `Viewer.activeSessions`. Null: nobody knows just now. */
  sessions?: Maybe<Array<PlaybackSession>>;
  /** For normalised caches: ask it for `id` and `activeSessions`, and no reducer is needed. */
  viewer?: Maybe<Viewer>;
};

export type PlayheadUpdate = {
  __typename?: 'PlayheadUpdate';
  kind: PlayheadUpdateKind;
  playheads: Array<Playhead>;
};

export type PlayheadUpdateKind =
  | 'SNAPSHOT'
  | 'CHANGED';



export type ResolverTypeWrapper<T> = Promise<T> | T;

export type ReferenceResolver<TResult, TReference, TContext> = (
      reference: TReference,
      context: TContext,
      info: GraphQLResolveInfo
    ) => Promise<TResult> | TResult;

      type ScalarCheck<T, S> = S extends true ? T : NullableCheck<T, S>;
      type NullableCheck<T, S> = Maybe<T> extends T ? Maybe<ListCheck<NonNullable<T>, S>> : ListCheck<T, S>;
      type ListCheck<T, S> = T extends (infer U)[] ? NullableCheck<U, S>[] : GraphQLRecursivePick<T, S>;
      export type GraphQLRecursivePick<T, S> = { [K in keyof T & keyof S]: ScalarCheck<T[K], S[K]> };
    

export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

/** Mapping of federation types */
export type FederationTypes = {
  Playable: Playable;
  Viewer: Viewer;
  Playhead: Playhead;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  Playable:
    ( { __typename: 'Playable' }
    & GraphQLRecursivePick<FederationTypes['Playable'], {"id":true}> );
  Viewer:
    ( { __typename: 'Viewer' }
    & GraphQLRecursivePick<FederationTypes['Viewer'], {"id":true}> );
  Playhead:
    ( { __typename: 'Playhead' }
    & GraphQLRecursivePick<FederationTypes['Playhead'], {"id":true}> );
};


/** Mapping of interface types */
export type ResolversInterfaceTypes<_RefType extends Record<string, unknown>> = {
  Node: ( PlayheadView );
  Problem: ( InputProblem );
};

/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  DateTime: ResolverTypeWrapper<Scalars['DateTime']['output']>;
  Node: ResolverTypeWrapper<ResolversInterfaceTypes<ResolversTypes>['Node']>;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  Playable: ResolverTypeWrapper<{ id: string }>;
  Viewer: ResolverTypeWrapper<SignedIn>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  WatchSession: ResolverTypeWrapper<Omit<WatchSession, 'titles'> & { titles: Array<ResolversTypes['WatchedTitle']> }>;
  WatchedTitle: ResolverTypeWrapper<Omit<WatchedTitle, 'playable'> & { playable?: Maybe<ResolversTypes['Playable']> }>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  WatchSessionConnection: ResolverTypeWrapper<Omit<WatchSessionConnection, 'edges'> & { edges: Array<ResolversTypes['WatchSessionEdge']> }>;
  WatchSessionEdge: ResolverTypeWrapper<Omit<WatchSessionEdge, 'node'> & { node: ResolversTypes['WatchSession'] }>;
  Playhead: ResolverTypeWrapper<PlayheadView>;
  Float: ResolverTypeWrapper<Scalars['Float']['output']>;
  ResumeCandidate: ResolverTypeWrapper<ResumeCandidate>;
  PlayheadStatus: PlayheadStatus;
  ResumeReason: ResumeReason;
  Freshness: ResolverTypeWrapper<Freshness>;
  FreshnessSource: FreshnessSource;
  Device: ResolverTypeWrapper<Device>;
  DeviceKind: DeviceKind;
  PlaybackSession: ResolverTypeWrapper<SessionView>;
  TakeOver: ResolverTypeWrapper<TakeOver>;
  PlayerState: PlayerState;
  PlayheadFilter: PlayheadFilter;
  PlayheadConnection: ResolverTypeWrapper<Omit<PlayheadConnection, 'edges'> & { edges: Array<ResolversTypes['PlayheadEdge']> }>;
  PlayheadEdge: ResolverTypeWrapper<Omit<PlayheadEdge, 'node'> & { node: ResolversTypes['Playhead'] }>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  ReassignSessionInput: ReassignSessionInput;
  ReassignSessionPayload: ResolverTypeWrapper<UndoOutcome>;
  UndoSessionInput: UndoSessionInput;
  UndoSessionPayload: ResolverTypeWrapper<UndoOutcome>;
  BeginSessionInput: BeginSessionInput;
  BeginSessionPayload: ResolverTypeWrapper<Omit<BeginSessionPayload, 'playhead' | 'otherSessions' | 'problems'> & { playhead?: Maybe<ResolversTypes['Playhead']>, otherSessions?: Maybe<Array<ResolversTypes['PlaybackSession']>>, problems: Array<ResolversTypes['Problem']> }>;
  RecordHeartbeatsInput: RecordHeartbeatsInput;
  HeartbeatInput: HeartbeatInput;
  PlaybackEvent: PlaybackEvent;
  TakeOverInput: TakeOverInput;
  TakeOverPayload: ResolverTypeWrapper<TakeOverOutcome>;
  RecordHeartbeatsPayload: ResolverTypeWrapper<RecordOutcome>;
  HeartbeatOutcome: HeartbeatOutcome;
  Durability: Durability;
  PlayheadInput: PlayheadInput;
  PlayheadPayload: ResolverTypeWrapper<ChangeOutcome>;
  ForgetAllPlayheadsPayload: ResolverTypeWrapper<Omit<ForgetAllPlayheadsPayload, 'problems'> & { problems: Array<ResolversTypes['Problem']> }>;
  Problem: ResolverTypeWrapper<DomainProblem>;
  ProblemCode: ProblemCode;
  InputProblem: ResolverTypeWrapper<InputProblem>;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  ActiveSessionsUpdate: ResolverTypeWrapper<Omit<ActiveSessionsUpdate, 'sessions' | 'viewer'> & { sessions?: Maybe<Array<ResolversTypes['PlaybackSession']>>, viewer?: Maybe<ResolversTypes['Viewer']> }>;
  PlayheadUpdate: ResolverTypeWrapper<Omit<PlayheadUpdate, 'playheads'> & { playheads: Array<ResolversTypes['Playhead']> }>;
  PlayheadUpdateKind: PlayheadUpdateKind;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  DateTime: Scalars['DateTime']['output'];
  Node: ResolversInterfaceTypes<ResolversParentTypes>['Node'];
  ID: Scalars['ID']['output'];
  Playable: { id: string };
  Viewer: SignedIn;
  Int: Scalars['Int']['output'];
  String: Scalars['String']['output'];
  WatchSession: Omit<WatchSession, 'titles'> & { titles: Array<ResolversParentTypes['WatchedTitle']> };
  WatchedTitle: Omit<WatchedTitle, 'playable'> & { playable?: Maybe<ResolversParentTypes['Playable']> };
  Boolean: Scalars['Boolean']['output'];
  WatchSessionConnection: Omit<WatchSessionConnection, 'edges'> & { edges: Array<ResolversParentTypes['WatchSessionEdge']> };
  WatchSessionEdge: Omit<WatchSessionEdge, 'node'> & { node: ResolversParentTypes['WatchSession'] };
  Playhead: PlayheadView;
  Float: Scalars['Float']['output'];
  ResumeCandidate: ResumeCandidate;
  Freshness: Freshness;
  Device: Device;
  PlaybackSession: SessionView;
  TakeOver: TakeOver;
  PlayheadFilter: PlayheadFilter;
  PlayheadConnection: Omit<PlayheadConnection, 'edges'> & { edges: Array<ResolversParentTypes['PlayheadEdge']> };
  PlayheadEdge: Omit<PlayheadEdge, 'node'> & { node: ResolversParentTypes['Playhead'] };
  PageInfo: PageInfo;
  Query: Record<PropertyKey, never>;
  Mutation: Record<PropertyKey, never>;
  ReassignSessionInput: ReassignSessionInput;
  ReassignSessionPayload: UndoOutcome;
  UndoSessionInput: UndoSessionInput;
  UndoSessionPayload: UndoOutcome;
  BeginSessionInput: BeginSessionInput;
  BeginSessionPayload: Omit<BeginSessionPayload, 'playhead' | 'otherSessions' | 'problems'> & { playhead?: Maybe<ResolversParentTypes['Playhead']>, otherSessions?: Maybe<Array<ResolversParentTypes['PlaybackSession']>>, problems: Array<ResolversParentTypes['Problem']> };
  RecordHeartbeatsInput: RecordHeartbeatsInput;
  HeartbeatInput: HeartbeatInput;
  TakeOverInput: TakeOverInput;
  TakeOverPayload: TakeOverOutcome;
  RecordHeartbeatsPayload: RecordOutcome;
  PlayheadInput: PlayheadInput;
  PlayheadPayload: ChangeOutcome;
  ForgetAllPlayheadsPayload: Omit<ForgetAllPlayheadsPayload, 'problems'> & { problems: Array<ResolversParentTypes['Problem']> };
  Problem: DomainProblem;
  InputProblem: InputProblem;
  Subscription: Record<PropertyKey, never>;
  ActiveSessionsUpdate: Omit<ActiveSessionsUpdate, 'sessions' | 'viewer'> & { sessions?: Maybe<Array<ResolversParentTypes['PlaybackSession']>>, viewer?: Maybe<ResolversParentTypes['Viewer']> };
  PlayheadUpdate: Omit<PlayheadUpdate, 'playheads'> & { playheads: Array<ResolversParentTypes['Playhead']> };
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DateTime'], any> {
  name: 'DateTime';
}

export type NodeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Node'] = ResolversParentTypes['Node']> = {
  __resolveType: TypeResolveFn<'Playhead', ParentType, ContextType>;
};

export type PlayableResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Playable'] = ResolversParentTypes['Playable'], FederationReferenceType extends FederationReferenceTypes['Playable'] = FederationReferenceTypes['Playable']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Playable']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  playhead?: Resolver<Maybe<ResolversTypes['Playhead']>, ParentType, ContextType>;
};

export type ViewerResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Viewer'] = ResolversParentTypes['Viewer'], FederationReferenceType extends FederationReferenceTypes['Viewer'] = FederationReferenceTypes['Viewer']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Viewer']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  playhead?: Resolver<Maybe<ResolversTypes['Playhead']>, ParentType, ContextType, RequireFields<ViewerPlayheadArgs, 'playableId'>>;
  playheads?: Resolver<Maybe<Array<ResolversTypes['Playhead']>>, ParentType, ContextType, RequireFields<ViewerPlayheadsArgs, 'playableIds'>>;
  inProgress?: Resolver<Maybe<ResolversTypes['PlayheadConnection']>, ParentType, ContextType, RequireFields<ViewerInProgressArgs, 'first'>>;
  history?: Resolver<Maybe<ResolversTypes['PlayheadConnection']>, ParentType, ContextType, RequireFields<ViewerHistoryArgs, 'first'>>;
  activeSessions?: Resolver<Maybe<Array<ResolversTypes['PlaybackSession']>>, ParentType, ContextType>;
  watchSessions?: Resolver<Maybe<ResolversTypes['WatchSessionConnection']>, ParentType, ContextType, RequireFields<ViewerWatchSessionsArgs, 'first'>>;
};

export type WatchSessionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WatchSession'] = ResolversParentTypes['WatchSession']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  device?: Resolver<ResolversTypes['Device'], ParentType, ContextType>;
  titles?: Resolver<Array<ResolversTypes['WatchedTitle']>, ParentType, ContextType>;
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  endedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  undoneAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type WatchedTitleResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WatchedTitle'] = ResolversParentTypes['WatchedTitle']> = {
  playableId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  playable?: Resolver<Maybe<ResolversTypes['Playable']>, ParentType, ContextType>;
  fromPositionMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  toPositionMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  durationMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  finished?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  endedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  undoneAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
};

export type WatchSessionConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WatchSessionConnection'] = ResolversParentTypes['WatchSessionConnection']> = {
  edges?: Resolver<Array<ResolversTypes['WatchSessionEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type WatchSessionEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['WatchSessionEdge'] = ResolversParentTypes['WatchSessionEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['WatchSession'], ParentType, ContextType>;
};

export type PlayheadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Playhead'] = ResolversParentTypes['Playhead'], FederationReferenceType extends FederationReferenceTypes['Playhead'] = FederationReferenceTypes['Playhead']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Playhead']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  playableId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  playable?: Resolver<Maybe<ResolversTypes['Playable']>, ParentType, ContextType>;
  positionMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  resumePositionMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  resumeReason?: Resolver<ResolversTypes['ResumeReason'], ParentType, ContextType>;
  durationMs?: Resolver<Maybe<ResolversTypes['Int']>, ParentType, ContextType>;
  progress?: Resolver<Maybe<ResolversTypes['Float']>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes['PlayheadStatus'], ParentType, ContextType>;
  hidden?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  version?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  updatedAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  device?: Resolver<Maybe<ResolversTypes['Device']>, ParentType, ContextType>;
  activeSession?: Resolver<Maybe<ResolversTypes['PlaybackSession']>, ParentType, ContextType>;
  alternative?: Resolver<Maybe<ResolversTypes['ResumeCandidate']>, ParentType, ContextType>;
  freshness?: Resolver<ResolversTypes['Freshness'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type ResumeCandidateResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ResumeCandidate'] = ResolversParentTypes['ResumeCandidate']> = {
  sessionId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  device?: Resolver<ResolversTypes['Device'], ParentType, ContextType>;
  positionMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  resumePositionMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  updatedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  ageMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type FreshnessResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Freshness'] = ResolversParentTypes['Freshness']> = {
  source?: Resolver<ResolversTypes['FreshnessSource'], ParentType, ContextType>;
  asOf?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  degraded?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
};

export type DeviceResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Device'] = ResolversParentTypes['Device']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  kind?: Resolver<ResolversTypes['DeviceKind'], ParentType, ContextType>;
};

export type PlaybackSessionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PlaybackSession'] = ResolversParentTypes['PlaybackSession']> = {
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  device?: Resolver<ResolversTypes['Device'], ParentType, ContextType>;
  playableId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  playable?: Resolver<Maybe<ResolversTypes['Playable']>, ParentType, ContextType>;
  playerState?: Resolver<ResolversTypes['PlayerState'], ParentType, ContextType>;
  positionMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  startedAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  lastHeartbeatAt?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
  takenOverBy?: Resolver<Maybe<ResolversTypes['TakeOver']>, ParentType, ContextType>;
};

export type TakeOverResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TakeOver'] = ResolversParentTypes['TakeOver']> = {
  sessionId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  device?: Resolver<ResolversTypes['Device'], ParentType, ContextType>;
  at?: Resolver<ResolversTypes['DateTime'], ParentType, ContextType>;
};

export type PlayheadConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PlayheadConnection'] = ResolversParentTypes['PlayheadConnection']> = {
  edges?: Resolver<Array<ResolversTypes['PlayheadEdge']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
};

export type PlayheadEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PlayheadEdge'] = ResolversParentTypes['PlayheadEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Playhead'], ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type QueryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  viewer?: Resolver<Maybe<ResolversTypes['Viewer']>, ParentType, ContextType>;
};

export type MutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  beginSession?: Resolver<Maybe<ResolversTypes['BeginSessionPayload']>, ParentType, ContextType, RequireFields<MutationBeginSessionArgs, 'input'>>;
  recordHeartbeats?: Resolver<Maybe<ResolversTypes['RecordHeartbeatsPayload']>, ParentType, ContextType, RequireFields<MutationRecordHeartbeatsArgs, 'input'>>;
  takeOver?: Resolver<Maybe<ResolversTypes['TakeOverPayload']>, ParentType, ContextType, RequireFields<MutationTakeOverArgs, 'input'>>;
  finishPlayhead?: Resolver<Maybe<ResolversTypes['PlayheadPayload']>, ParentType, ContextType, RequireFields<MutationFinishPlayheadArgs, 'input'>>;
  restartPlayhead?: Resolver<Maybe<ResolversTypes['PlayheadPayload']>, ParentType, ContextType, RequireFields<MutationRestartPlayheadArgs, 'input'>>;
  hidePlayhead?: Resolver<Maybe<ResolversTypes['PlayheadPayload']>, ParentType, ContextType, RequireFields<MutationHidePlayheadArgs, 'input'>>;
  unhidePlayhead?: Resolver<Maybe<ResolversTypes['PlayheadPayload']>, ParentType, ContextType, RequireFields<MutationUnhidePlayheadArgs, 'input'>>;
  forgetPlayhead?: Resolver<Maybe<ResolversTypes['PlayheadPayload']>, ParentType, ContextType, RequireFields<MutationForgetPlayheadArgs, 'input'>>;
  forgetAllPlayheads?: Resolver<Maybe<ResolversTypes['ForgetAllPlayheadsPayload']>, ParentType, ContextType>;
  undoSession?: Resolver<Maybe<ResolversTypes['UndoSessionPayload']>, ParentType, ContextType, RequireFields<MutationUndoSessionArgs, 'input'>>;
  reassignSession?: Resolver<Maybe<ResolversTypes['ReassignSessionPayload']>, ParentType, ContextType, RequireFields<MutationReassignSessionArgs, 'input'>>;
};

export type ReassignSessionPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ReassignSessionPayload'] = ResolversParentTypes['ReassignSessionPayload']> = {
  playheads?: Resolver<Maybe<Array<ResolversTypes['Playhead']>>, ParentType, ContextType>;
  problems?: Resolver<Array<ResolversTypes['Problem']>, ParentType, ContextType>;
};

export type UndoSessionPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['UndoSessionPayload'] = ResolversParentTypes['UndoSessionPayload']> = {
  playheads?: Resolver<Maybe<Array<ResolversTypes['Playhead']>>, ParentType, ContextType>;
  problems?: Resolver<Array<ResolversTypes['Problem']>, ParentType, ContextType>;
};

export type BeginSessionPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['BeginSessionPayload'] = ResolversParentTypes['BeginSessionPayload']> = {
  session?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  playhead?: Resolver<Maybe<ResolversTypes['Playhead']>, ParentType, ContextType>;
  stale?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  otherSessions?: Resolver<Maybe<Array<ResolversTypes['PlaybackSession']>>, ParentType, ContextType>;
  nextHeartbeatInMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  problems?: Resolver<Array<ResolversTypes['Problem']>, ParentType, ContextType>;
};

export type TakeOverPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TakeOverPayload'] = ResolversParentTypes['TakeOverPayload']> = {
  from?: Resolver<Maybe<ResolversTypes['PlaybackSession']>, ParentType, ContextType>;
  playhead?: Resolver<Maybe<ResolversTypes['Playhead']>, ParentType, ContextType>;
  problems?: Resolver<Array<ResolversTypes['Problem']>, ParentType, ContextType>;
};

export type RecordHeartbeatsPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RecordHeartbeatsPayload'] = ResolversParentTypes['RecordHeartbeatsPayload']> = {
  outcome?: Resolver<ResolversTypes['HeartbeatOutcome'], ParentType, ContextType>;
  playhead?: Resolver<Maybe<ResolversTypes['Playhead']>, ParentType, ContextType>;
  durability?: Resolver<ResolversTypes['Durability'], ParentType, ContextType>;
  takenOverBy?: Resolver<Maybe<ResolversTypes['TakeOver']>, ParentType, ContextType>;
  nextHeartbeatInMs?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  problems?: Resolver<Array<ResolversTypes['Problem']>, ParentType, ContextType>;
};

export type PlayheadPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PlayheadPayload'] = ResolversParentTypes['PlayheadPayload']> = {
  playhead?: Resolver<Maybe<ResolversTypes['Playhead']>, ParentType, ContextType>;
  problems?: Resolver<Array<ResolversTypes['Problem']>, ParentType, ContextType>;
};

export type ForgetAllPlayheadsPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ForgetAllPlayheadsPayload'] = ResolversParentTypes['ForgetAllPlayheadsPayload']> = {
  forgottenAt?: Resolver<Maybe<ResolversTypes['DateTime']>, ParentType, ContextType>;
  problems?: Resolver<Array<ResolversTypes['Problem']>, ParentType, ContextType>;
};

export type ProblemResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Problem'] = ResolversParentTypes['Problem']> = {
  __resolveType: TypeResolveFn<'InputProblem', ParentType, ContextType>;
};

export type InputProblemResolvers<ContextType = Context, ParentType extends ResolversParentTypes['InputProblem'] = ResolversParentTypes['InputProblem']> = {
  code?: Resolver<ResolversTypes['ProblemCode'], ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  path?: Resolver<Maybe<Array<ResolversTypes['String']>>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SubscriptionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  playheadUpdates?: SubscriptionResolver<ResolversTypes['PlayheadUpdate'], "playheadUpdates", ParentType, ContextType, Partial<SubscriptionPlayheadUpdatesArgs>>;
  activeSessionUpdates?: SubscriptionResolver<ResolversTypes['ActiveSessionsUpdate'], "activeSessionUpdates", ParentType, ContextType>;
};

export type ActiveSessionsUpdateResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ActiveSessionsUpdate'] = ResolversParentTypes['ActiveSessionsUpdate']> = {
  kind?: Resolver<ResolversTypes['PlayheadUpdateKind'], ParentType, ContextType>;
  sessions?: Resolver<Maybe<Array<ResolversTypes['PlaybackSession']>>, ParentType, ContextType>;
  viewer?: Resolver<Maybe<ResolversTypes['Viewer']>, ParentType, ContextType>;
};

export type PlayheadUpdateResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PlayheadUpdate'] = ResolversParentTypes['PlayheadUpdate']> = {
  kind?: Resolver<ResolversTypes['PlayheadUpdateKind'], ParentType, ContextType>;
  playheads?: Resolver<Array<ResolversTypes['Playhead']>, ParentType, ContextType>;
};

export type Resolvers<ContextType = Context> = {
  DateTime?: GraphQLScalarType;
  Node?: NodeResolvers<ContextType>;
  Playable?: PlayableResolvers<ContextType>;
  Viewer?: ViewerResolvers<ContextType>;
  WatchSession?: WatchSessionResolvers<ContextType>;
  WatchedTitle?: WatchedTitleResolvers<ContextType>;
  WatchSessionConnection?: WatchSessionConnectionResolvers<ContextType>;
  WatchSessionEdge?: WatchSessionEdgeResolvers<ContextType>;
  Playhead?: PlayheadResolvers<ContextType>;
  ResumeCandidate?: ResumeCandidateResolvers<ContextType>;
  Freshness?: FreshnessResolvers<ContextType>;
  Device?: DeviceResolvers<ContextType>;
  PlaybackSession?: PlaybackSessionResolvers<ContextType>;
  TakeOver?: TakeOverResolvers<ContextType>;
  PlayheadConnection?: PlayheadConnectionResolvers<ContextType>;
  PlayheadEdge?: PlayheadEdgeResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  ReassignSessionPayload?: ReassignSessionPayloadResolvers<ContextType>;
  UndoSessionPayload?: UndoSessionPayloadResolvers<ContextType>;
  BeginSessionPayload?: BeginSessionPayloadResolvers<ContextType>;
  TakeOverPayload?: TakeOverPayloadResolvers<ContextType>;
  RecordHeartbeatsPayload?: RecordHeartbeatsPayloadResolvers<ContextType>;
  PlayheadPayload?: PlayheadPayloadResolvers<ContextType>;
  ForgetAllPlayheadsPayload?: ForgetAllPlayheadsPayloadResolvers<ContextType>;
  Problem?: ProblemResolvers<ContextType>;
  InputProblem?: InputProblemResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
  ActiveSessionsUpdate?: ActiveSessionsUpdateResolvers<ContextType>;
  PlayheadUpdate?: PlayheadUpdateResolvers<ContextType>;
};

