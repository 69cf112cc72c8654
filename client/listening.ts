/** What fires events: a media element, a document, a window. */
export type Target = Pick<EventTarget, 'addEventListener' | 'removeEventListener'>;

/**
 * Listens to several events of one target; the answer lets go of all of them.
 * (An abort signal would be shorter, and is ignored by televisions of 2020.)
 */
export function listenTo(target: Target, listeners: Record<string, () => void>): () => void {
  const entries = Object.entries(listeners);
  for (const [event, listen] of entries) target.addEventListener(event, listen);
  return () => {
    for (const [event, listen] of entries) target.removeEventListener(event, listen);
  };
}
