import { idProblem } from '../domain/problem.ts';
import type { AttachOptions } from './attachment.ts';
import type { ServerProblem } from './operations.ts';
import type { PlayheadOptions } from './playhead-client.ts';

/**
 * Options that can never work are told at once, to the developer who wrote them.
 *
 * Errors: throws TypeError, naming the option and what it must be.
 */
export function requireOptions(options: PlayheadOptions): void {
  const given = (options ?? {}) as Partial<PlayheadOptions>;
  if (typeof given.url !== 'string' || given.url === '') {
    throw new TypeError('createPlayhead: `url` is the GraphQL endpoint, such as "/graphql".');
  }
  if (typeof given.auth !== 'function') {
    throw new TypeError('createPlayhead: `auth` is a function that answers an access token.');
  }
  if (typeof given.device?.kind !== 'string') {
    throw new TypeError('createPlayhead: `device` is { kind, name? }, such as { kind: "TV" }.');
  }
  if (given.profile !== undefined && given.profile === '') {
    throw new TypeError('createPlayhead: `profile` is left out or not empty.');
  }
}

/** What is wrong with a call of `resume`; undefined: nothing. */
export function resumeProblem(playableId: unknown): ServerProblem | undefined {
  if (typeof playableId !== 'string') {
    return invalid('playableId', 'playableId is the id of a playable, as text.');
  }
  return idProblem(playableId, ['playableId'])[0];
}

/** What is wrong with a call of `attach`; undefined: nothing. */
export function attachProblem(player: unknown, options: AttachOptions): ServerProblem | undefined {
  const { playableId, resume, durationMs, creditsStartMs } = (options ?? {}) as AttachOptions;
  const listener = (player as Partial<EventTarget> | null)?.addEventListener;
  if (typeof listener !== 'function') {
    return invalid('player', 'attach: the first argument is a media element.');
  }
  if (resume !== 'auto' && resume !== 'never' && !isPositionMs(resume)) {
    return invalid('resume', "attach: `resume` is 'auto', 'never', or a position in ms.");
  }
  if (durationMs !== undefined && !isPositionMs(durationMs)) {
    return invalid('durationMs', 'attach: `durationMs` is a whole number of milliseconds.');
  }
  if (creditsStartMs !== undefined && !isPositionMs(creditsStartMs)) {
    return invalid('creditsStartMs', 'attach: `creditsStartMs` is a whole number of milliseconds.');
  }
  return resumeProblem(playableId);
}

/** A client that was closed does nothing. */
export const closedProblem: ServerProblem = {
  code: 'CLOSED',
  message: 'This client was closed: create another one.',
  path: null,
};

/** The schema's Int: 24 days. */
const positionMsMax = 2 ** 31 - 1;

function isPositionMs(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= positionMsMax;
}

function invalid(field: string, message: string): ServerProblem {
  return { code: 'INVALID_INPUT', message, path: [field] };
}
