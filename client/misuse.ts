import type { AttachOptions } from './attachment.ts';
import type { ServerProblem } from './operations.ts';
import type { PlayheadOptions } from './playhead-client.ts';
import type { SessionOptions } from './reported-player.ts';

/** What the server takes for an id, of a device as of a title. */
export const idPattern = /^[\w-]{1,64}$/;

/**
 * Options that can never work are told at once, to the developer who wrote them; docs/client.md says how they
 * are to be.
 *
 * Errors: throws TypeError, naming the option.
 */
export function requireOptions(options: PlayheadOptions): void {
  const { url, auth, device, profile }: Partial<PlayheadOptions> = options ?? {};
  const wrong = wrongOf({
    url: typeof url === 'string' && url !== '',
    auth: typeof auth === 'function',
    device: typeof device?.kind === 'string',
    profile: profile !== '',
  });
  if (wrong !== undefined) throw new TypeError(`createPlayhead: ${messageOf(wrong)}`);
}

/** What is wrong with a call of `resume`; undefined: nothing. */
export function resumeProblem(playableId: unknown): ServerProblem | undefined {
  return problemOf({ playableId: typeof playableId === 'string' && idPattern.test(playableId) });
}

/** What is wrong with a call of `attach` or `openSession`; undefined: nothing. */
export function attachProblem(player: unknown, options: AttachOptions): ServerProblem | undefined {
  const given: Partial<AttachOptions & SessionOptions> = options ?? {};
  const { playableId, resume, durationMs, creditsStartMs, seekTo } = given;
  const listener = (player as Partial<EventTarget> | null)?.addEventListener;
  const { takeOver } = Object(resume);
  const isLength = (value: unknown) => value === undefined || isPositionMs(value);
  return (
    problemOf({
      player: typeof listener === 'function',
      seekTo: seekTo === undefined || typeof seekTo === 'function',
      resume:
        resume === 'auto' || resume === 'never' || isPositionMs(resume) || takeOver !== undefined,
      durationMs: isLength(durationMs),
      creditsStartMs: isLength(creditsStartMs),
    }) ?? resumeProblem(playableId)
  );
}

/** A client that was closed does nothing. */
export const closedProblem: ServerProblem = {
  code: 'CLOSED',
  message: 'Closed.',
  path: null,
};

/** The schema's Int: 24 days. */
const positionMsMax = 2 ** 31 - 1;

function isPositionMs(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= positionMsMax;
}

function problemOf(isRight: Record<string, boolean>): ServerProblem | undefined {
  const wrong = wrongOf(isRight);
  if (wrong === undefined) return undefined;
  return { code: 'INVALID_INPUT', message: messageOf(wrong), path: [wrong] };
}

function wrongOf(isRight: Record<string, boolean>): string | undefined {
  return Object.keys(isRight).find((name) => isRight[name] === false);
}

function messageOf(name: string): string {
  return `${name} is not as docs/client.md has it.`;
}
