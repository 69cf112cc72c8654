import { listenTo } from './listening.ts';

/** A player that keys, headsets and lock screens can steer. */
export type SteeredPlayer = Pick<
  HTMLMediaElement,
  | 'addEventListener'
  | 'removeEventListener'
  | 'currentTime'
  | 'duration'
  | 'paused'
  | 'pause'
  | 'play'
  | 'playbackRate'
>;

/** A press of "back" or "forward" on a device that does not say how far, as players' own buttons. */
export const skipSeconds = 10;

/**
 * Shows a player to the system (lock screen, media keys, headsets) until the answer is called.
 *
 * Shape: position and duration follow the player; actions move it, and are reported like the viewer's.
 * Errors: none thrown; an action that the browser does not know is left out.
 */
export function showInMediaSession(
  player: SteeredPlayer,
  session: MediaSession,
  metadata: MediaMetadata | null,
): () => void {
  const actions = actionsOf(player);
  session.metadata = metadata;
  for (const [action, act] of Object.entries(actions)) setAction(session, action, act);
  const follow = () => showPosition(player, session);
  const moments = ['loadedmetadata', 'play', 'pause', 'playing', 'seeked', 'ratechange', 'emptied'];
  const stopListening = listenTo(player, Object.fromEntries(moments.map((each) => [each, follow])));
  follow();
  return () => {
    stopListening();
    for (const action of Object.keys(actions)) setAction(session, action, null);
    session.metadata = null;
    session.playbackState = 'none';
    session.setPositionState?.();
  };
}

function actionsOf(player: SteeredPlayer): Record<string, MediaSessionActionHandler> {
  const seekTo = (seconds: number) => {
    const end = Number.isFinite(player.duration) ? player.duration : Number.MAX_SAFE_INTEGER;
    player.currentTime = Math.min(Math.max(0, seconds), end);
  };
  return {
    // A browser may refuse to play; the player shows that it is paused.
    play: () => void player.play()?.catch(() => undefined),
    pause: () => player.pause(),
    stop: () => player.pause(),
    seekto: ({ seekTime }) => seekTo(seekTime ?? player.currentTime),
    seekbackward: ({ seekOffset }) => seekTo(player.currentTime - (seekOffset || skipSeconds)),
    seekforward: ({ seekOffset }) => seekTo(player.currentTime + (seekOffset || skipSeconds)),
  };
}

function setAction(
  session: MediaSession,
  action: string,
  act: MediaSessionActionHandler | null,
): void {
  try {
    session.setActionHandler(action as MediaSessionAction, act);
  } catch {
    // Browsers throw for actions that they do not know.
  }
}

function showPosition(player: SteeredPlayer, session: MediaSession): void {
  const { currentTime, duration, playbackRate } = player;
  session.playbackState = player.paused ? 'paused' : 'playing';
  // A live programme, or none yet: a position without an end is refused.
  if (!(Number.isFinite(duration) && duration > 0 && playbackRate > 0)) {
    session.setPositionState?.();
    return;
  }
  const position = Math.min(Math.max(0, currentTime), duration);
  session.setPositionState?.({ duration, playbackRate, position });
}
