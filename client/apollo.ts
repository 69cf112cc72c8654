import { ApolloLink } from '@apollo/client';
import { map } from 'rxjs';
import { NewestPlayheads } from './newest-playheads.ts';

/**
 * Keeps older versions of a playhead out of Apollo Client's cache, which takes whatever comes last: an
 * answer under way when a push overtakes it, a push of a stream that lags.
 *
 * Shape: before the link that talks to the server: `ApolloLink.from([playheadLink(), http])`. Playheads need
 * `id` and `version` in the selection.
 */
export function playheadLink(): ApolloLink {
  const newest = new NewestPlayheads();
  return new ApolloLink((operation, forward) =>
    forward(operation).pipe(
      map((result) => ('data' in result ? { ...result, data: newest.admit(result.data) } : result)),
    ),
  );
}
