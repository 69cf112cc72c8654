import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  type RefCallback,
  useCallback,
  useContext,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { Attachment, AttachOptions } from './attachment.ts';
import type { LiveStore, Playhead, PlayheadClient, ResumePoint } from './index.ts';
import type { ContinueWatchingItem, PlaybackSession, TakeOver } from './operations.ts';

const Context = createContext<PlayheadClient | null>(null);

/** Gives `client` to the hooks below it. */
export function PlayheadProvider(given: {
  client: PlayheadClient;
  children?: ReactNode;
}): ReactElement {
  return createElement(Context.Provider, { value: given.client }, given.children);
}

/** How a title is played; see `attach`. */
export type UsePlayheadOptions = Partial<Omit<AttachOptions, 'playableId'>>;

/** One title, and the player that shows it. */
export interface UsedPlayhead {
  /** For the media element: attached while it is there. */
  ref: RefCallback<HTMLMediaElement>;
  /** Where the player starts; null until that is known, within 800 ms. */
  resume: ResumePoint | null;
  /** Live, whoever moved it; null while unknown, and on the server. */
  playhead: Playhead | null;
  /** The same, when another device moved it: offer it to the viewer. */
  elsewhere: Playhead | null;
  /** Takes the player to where the other device is. */
  adopt(): void;
  /** Who goes on elsewhere with what this player played, and paused it: say so; null once its viewer is back. */
  takenOverBy: TakeOver | null;
  /** Goes on here with what the session of that id plays; see `Attachment`. False: nothing was taken over. */
  takeOver(from: string): Promise<boolean>;
}

/**
 * Attaches a media element to a title, and keeps its playhead live.
 *
 * Shape: `<video ref={usePlayhead('mov_1').ref} />`. Another title, or client, is attached anew; other options
 * count from the next attachment on.
 * Errors: throws only without a PlayheadProvider above.
 */
export function usePlayhead(playableId: string, options: UsePlayheadOptions = {}): UsedPlayhead {
  const client = useClient();
  const [started, setStarted] = useState<Started | null>(null);
  const latestOptions = useRef(options);
  latestOptions.current = options;
  const player = useRef<HTMLMediaElement | null>(null);
  const attached = useRef<Attachment | null>(null);

  const ref = useCallback(
    (element: HTMLMediaElement | null) => {
      player.current = element;
      attached.current?.detach();
      attached.current = null;
      if (element === null) return;
      const asked: AttachOptions = { resume: 'auto', ...latestOptions.current, playableId };
      const attachment = client.attach(element, asked);
      attached.current = attachment;
      void attachment.ready.then((point) => {
        if (attached.current === attachment) setStarted({ of: playableId, point, attachment });
      });
    },
    [client, playableId],
  );
  const playhead = useSyncExternalStore(
    client.live.subscribe,
    () => client.live.getSnapshot().get(playableId) ?? null,
    unknown,
  );
  const isElsewhere = playhead?.device != null && playhead.device.id !== client.deviceId;
  const elsewhere = isElsewhere ? playhead : null;
  const adopt = useCallback(() => {
    const newest = client.live.getSnapshot().get(playableId);
    if (player.current === null || newest === undefined) return;
    player.current.currentTime = newest.resumePositionMs / 1_000;
  }, [client, playableId]);
  const takeOver = useCallback(async (from: string) => {
    const point = await attached.current?.takeOver(from);
    return point?.isTakenOver ?? false;
  }, []);
  const current = started?.of === playableId ? started : null;
  const { subscribe, getSnapshot } = current?.attachment.takenOverBy ?? nobody;
  const takenOverBy = useSyncExternalStore(subscribe, getSnapshot, unknown);
  const resume = current?.point ?? null;
  return { ref, resume, playhead, elsewhere, adopt, takenOverBy, takeOver };
}

/** Sessions of the profile on all its devices, live; null until they are known, and on the server. */
export function useActiveSessions(): readonly PlaybackSession[] | null {
  const { activeSessions } = useClient();
  return useSyncExternalStore(activeSessions.subscribe, activeSessions.getSnapshot, unknown);
}

/** The Continue Watching row, live. `isKnown` is false until it came, and on the server. */
export function useContinueWatching(): {
  items: readonly ContinueWatchingItem[];
  degraded: boolean;
  isKnown: boolean;
} {
  const { continueWatching } = useClient();
  const row = useSyncExternalStore(
    continueWatching.subscribe,
    continueWatching.getSnapshot,
    unknown,
  );
  return { items: row?.items ?? noItems, degraded: row?.degraded ?? false, isKnown: row !== null };
}

function useClient(): PlayheadClient {
  const client = useContext(Context);
  if (client === null) throw new Error('Put a <PlayheadProvider client={…}> above this component.');
  return client;
}

interface Started {
  of: string;
  point: ResumePoint;
  attachment: Attachment;
}

/** Nothing is attached: nobody takes it over. */
const nobody: LiveStore<TakeOver | null> = { subscribe: () => () => {}, getSnapshot: () => null };

/** Nothing is live on a server, and a page begins as the server drew it. */
function unknown(): null {
  return null;
}

const noItems: readonly ContinueWatchingItem[] = [];
