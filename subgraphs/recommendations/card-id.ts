/** What a card is of: a show of one profile. */
export interface CardKey {
  profileId: string;
  showId: string;
}

const prefix = 'cw_';

/** The opaque `ContinueWatchingItem.id`: it stays while what the card plays moves on. */
export function cardId({ profileId, showId }: CardKey): string {
  return prefix + Buffer.from(`${profileId}/${showId}`).toString('base64url');
}

/** What `cardId` was made of; null for anything else. Ids of profiles hold no separator. */
export function openCardId(id: string): CardKey | null {
  if (!id.startsWith(prefix)) return null;
  const text = Buffer.from(id.slice(prefix.length), 'base64url').toString();
  const [, profileId, showId] = /^([^/]+)\/(.+)$/s.exec(text) ?? [];
  return profileId === undefined || showId === undefined ? null : { profileId, showId };
}
