/** One operation of the demo itself; players have theirs from the SDK. */
export interface Question {
  name: string;
  document: string;
  variables: Record<string, unknown>;
}

/** Asks the server as this page's viewer. Errors: rejects with what the server answered. */
export type AskServer = <Data>(question: Question) => Promise<Data>;

/** The endpoint, on the origin the page came from. */
export const graphqlUrl = '/graphql';

/** A server that was started again elsewhere has another key: a minute of that is enough. */
const tokenAgeMsMax = 60_000;

/**
 * Access tokens of one profile, each kept for a while.
 *
 * Errors: rejects when the development token endpoint does not answer (it is not there in production).
 */
export function tokensOf(profile: string): () => Promise<string> {
  let kept: { token: Promise<string>; atMs: number } | undefined;
  return () => {
    if (kept !== undefined && performance.now() - kept.atMs < tokenAgeMsMax) return kept.token;
    const token = fetchToken(profile);
    kept = { token, atMs: performance.now() };
    token.catch(() => {
      kept = undefined;
    });
    return token;
  };
}

/** The demo's own questions: no cache, no retry, that is the SDK's business. */
export function serverOf(auth: () => Promise<string>, fetchWith: typeof fetch): AskServer {
  return async <Data>({ name, document, variables }: Question): Promise<Data> => {
    const response = await fetchWith(graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await auth()}` },
      body: JSON.stringify({ operationName: name, query: document, variables }),
    });
    const answer = (await response.json()) as { data?: Data; errors?: { message: string }[] };
    if (!answer.data) throw new Error(answer.errors?.[0]?.message ?? `HTTP ${response.status}`);
    return answer.data;
  };
}

async function fetchToken(profile: string): Promise<string> {
  const response = await fetch(`token?profile=${encodeURIComponent(profile)}`);
  if (!response.ok) throw new Error(`No token for ${profile}: HTTP ${response.status}.`);
  return ((await response.json()) as { token: string }).token;
}
