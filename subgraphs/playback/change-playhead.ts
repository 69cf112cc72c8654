import { PlatformError } from '../../domain/errors.ts';
import { laterVersion, publicVersion } from '../../domain/merge.ts';
import { floorTitle, type PlayheadRegister, type TitleState } from '../../domain/playhead.ts';
import { idProblem, type Problem } from '../../domain/problem.ts';
import type { TransitionKind } from '../../domain/transition.ts';
import { activityTimeMs, handVersion, isVersion, versionZero } from '../../domain/version.ts';
import type { MergeRequest } from '../../stores/hot-store.ts';
import type { PlaybackDeps } from './deps.ts';
import { type ProfileState, stateUnavailable } from './hydrate.ts';
import { inForce } from './playhead-view.ts';

/** What a viewer changes by hand. */
export type Change = 'FINISH' | 'RESTART' | 'HIDE' | 'UNHIDE' | 'FORGET';

/** Something else changed the title between reading and deciding; so often in a row is a bug. */
export const triesMax = 8;

export interface ChangeOutcome {
  problems: Problem[];
  /** Where the playhead in force is found; null with a problem. */
  changed: { title: string } | null;
}

/**
 * Changes one title by hand: a version after everything in force, decided under a valid mark.
 *
 * Shape: with `basedOn` it applies only if nothing newer than that is in force, so that a retried or
 * queued change is safe; otherwise it is absorbed and the playhead in force is the answer.
 * Errors: PlatformError STATE_UNAVAILABLE when the state in force cannot be known; safe to retry.
 * Cost: one hot read and one merge (again when something came between), one durable commit.
 */
export async function changePlayhead(
  deps: PlaybackDeps,
  profileId: string,
  input: { playableId: string; basedOn: string | null; change: Change },
): Promise<ChangeOutcome> {
  const problems = inputProblems(input);
  if (problems.length > 0) return { problems, changed: null };
  const title = input.playableId;
  for (let tries = 0; tries < triesMax; tries += 1) {
    const state = await deps.reader.read({ profileId, titles: [title], need: 'decide' });
    const current = inForce(state, title);
    if (current === null || !state.isCompared) throw stateUnavailable();
    const isOvertaken = input.basedOn !== null && publicVersion(current) > input.basedOn;
    if (isOvertaken) return { problems: [], changed: { title } };
    const request = changeRequest({ profileId, title, state, current, change: input.change }, deps);
    if (await applied(deps, request)) return { problems: [], changed: { title } };
  }
  throw contended();
}

/**
 * Forgets everything the profile watched up to now: raises its floor above every write in force.
 * Errors and cost: as `changePlayhead`.
 */
export async function forgetAllPlayheads(
  deps: PlaybackDeps,
  profileId: string,
): Promise<{ forgottenAtMs: number }> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const state = await deps.reader.read({ profileId, titles: null, need: 'decide' });
    if (!state.isCompared) throw stateUnavailable();
    const newest = [...state.titles.values()].map(publicVersion).reduce(laterVersion, versionZero);
    const floor = state.floor?.version ?? versionZero;
    const version = nextVersion(deps, laterVersion(newest, floor));
    const request = requestOf(
      {
        profileId,
        title: floorTitle,
        kind: 'FORGET_ALL',
        write: { playhead: forgotten(version), visibility: null },
        met: { version: floor, floorVersion: floor },
        playhead: forgotten(version),
      },
      deps,
    );
    if (await applied(deps, request)) return { forgottenAtMs: activityTimeMs(version) };
  }
  throw contended();
}

function changeRequest(
  of: {
    profileId: string;
    title: string;
    state: ProfileState;
    current: TitleState;
    change: Change;
  },
  deps: PlaybackDeps,
): MergeRequest {
  const { profileId, title, state, current, change } = of;
  const version = nextVersion(deps, publicVersion(current));
  const write = writeOf(change, { version, playhead: current.playhead });
  return requestOf(
    {
      profileId,
      title,
      kind: change,
      write,
      met: {
        version: publicVersion(state.titles.get(title) ?? { playhead: null, visibility: null }),
        floorVersion: state.floor?.version ?? versionZero,
      },
      playhead: { ...(write.playhead ?? current.playhead ?? forgotten(version)), version },
    },
    deps,
  );
}

/** What each change writes; a position set by hand keeps the duration, which nobody types in. */
function writeOf(
  change: Change,
  on: { version: string; playhead: PlayheadRegister | null },
): TitleState {
  const { version } = on;
  if (change === 'HIDE' || change === 'UNHIDE') {
    return {
      playhead: null,
      visibility: { version, hidden: change === 'HIDE', laterFields: '' },
    };
  }
  if (change === 'FORGET') {
    return { playhead: forgotten(version), visibility: null };
  }
  const byHand = {
    version,
    durationMs: on.playhead?.durationMs ?? null,
    deviceHash: null,
    laterFields: '',
  };
  const positionMs = on.playhead?.positionMs ?? 0;
  return {
    playhead:
      change === 'FINISH'
        ? { ...byHand, status: 'FINISHED', positionMs }
        : { ...byHand, status: 'IN_PROGRESS', positionMs: 0 },
    visibility: null,
  };
}

export function forgotten(version: string): PlayheadRegister {
  return {
    version,
    status: 'NOT_STARTED',
    positionMs: 0,
    durationMs: null,
    deviceHash: null,
    laterFields: '',
  };
}

function requestOf(
  change: {
    profileId: string;
    title: string;
    kind: TransitionKind;
    write: TitleState;
    /** The raw versions that the decision was made on. */
    met: { version: string; floorVersion: string };
    /** What the event stream is told, under the version of the change. */
    playhead: PlayheadRegister;
  },
  deps: PlaybackDeps,
): MergeRequest {
  const { profileId, title, kind, write, met, playhead } = change;
  const { version, status, positionMs, durationMs } = playhead;
  const occurredAtMs = activityTimeMs(version);
  const told = { version, occurredAtMs, status, positionMs, durationMs };
  return {
    profileId,
    nowMs: deps.clock.nowMs(),
    writes: [{ title, ...write }],
    device: null,
    presence: null,
    transitions: [
      {
        transition: { kind, profileId, title, ...told, device: null, sessionId: null },
        onlyIfBefore: version,
      },
    ],
    onlyIf: { title, ...met },
  };
}

/** False when something came between reading and merging. */
async function applied(deps: PlaybackDeps, request: MergeRequest): Promise<boolean> {
  const written = await deps.writePath.write(request, { isIntent: true });
  return written.kind !== 'conflict';
}

export function nextVersion(deps: PlaybackDeps, inForceVersion: string): string {
  return handVersion({
    nowMs: deps.clock.nowMs(),
    inForce: inForceVersion,
    nonce: deps.nonce(),
  });
}

export function contended(): PlatformError {
  return new PlatformError('The title is being changed too fast to change it by hand.', {
    code: 'STATE_UNAVAILABLE',
    retryAfterMs: 1_000,
  });
}

function inputProblems(input: { playableId: string; basedOn: string | null }): Problem[] {
  const problems = idProblem(input.playableId, ['playableId']);
  if (input.basedOn !== null && !isVersion(input.basedOn)) {
    problems.push({
      code: 'INVALID_INPUT',
      message: 'basedOn is the `version` of a playhead, or null.',
      path: ['basedOn'],
    });
  }
  return problems;
}
