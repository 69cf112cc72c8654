import type { TestPlayback } from '../../support/playback.ts';
import { type Follower, follow } from './follow.ts';

interface SessionSeen {
  id: string;
  playerState: string;
  positionMs: number;
  takenOverBy: { sessionId: string; device: { id: string } } | null;
}

export interface SessionsUpdate {
  kind: 'SNAPSHOT' | 'CHANGED';
  sessions: SessionSeen[] | null;
}

/** A subscriber of where a profile is playing. */
export type SessionsFollower = Omit<Follower, 'next'> & { next(): Promise<SessionsUpdate> };

const query = `subscription { activeSessionUpdates { kind sessions {
  id playerState positionMs takenOverBy { sessionId device { id } } } } }`;

export async function followSessions(
  playback: TestPlayback,
  profileId?: string,
): Promise<SessionsFollower> {
  const of = profileId === undefined ? { query } : { query, profileId };
  return (await follow(playback, of)) as unknown as SessionsFollower;
}
