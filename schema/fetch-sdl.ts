/** A subgraph that takes longer to say what it is will not serve either. */
const answerMs = 10_000;
/** Forty times the largest schema of ours, in characters. */
const sdlLengthMax = 1_048_576;

/** Composing may take longer than a server keeps an idle connection: none is used twice. */
export const ownConnection = { connection: 'close' };

/**
 * Asks a running subgraph for its SDL: `{ _service { sdl } }`.
 *
 * Errors: throws with one sentence on what came instead, and what to do.
 */
export async function fetchSdl(url: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await ask(url, headers);
  const { data, errors } = parsed(await readText(response));
  const sdl = data?._service?.sdl;
  if (typeof sdl === 'string' && sdl.trim() !== '') return sdl;
  const said = errors?.[0]?.message ?? `status ${response.status}`;
  throw new Error(
    `${url} does not answer { _service { sdl } } (${said}). Is it a federation subgraph, and the right path? Where it wants to know who asks, pass --header "name: value".`,
  );
}

async function ask(url: string, headers: Record<string, string>): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: {
        ...ownConnection,
        'content-type': 'application/json',
        accept: 'application/json',
        ...headers,
      },
      body: JSON.stringify({ query: '{ _service { sdl } }' }),
      signal: AbortSignal.timeout(answerMs),
    });
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause ? String(cause.cause) : String(cause);
    throw new Error(
      `${url} is not reachable (${reason}). Start the subgraph, or correct the address.`,
      {
        cause,
      },
    );
  }
}

/** Reads no further than an SDL could be long. */
async function readText({ body, url }: Response): Promise<string> {
  let text = '';
  for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    if (text.length > sdlLengthMax) throw new Error(`${url} answers with more than any SDL is.`);
  }
  return text;
}

interface Answer {
  data?: { _service?: { sdl?: unknown } | null } | null;
  errors?: readonly { message?: string }[];
}

function parsed(text: string): Answer {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    // No JSON, so no subgraph: the caller says so, with the status.
    return {};
  }
}
