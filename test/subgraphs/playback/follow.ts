import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { type ExecutionResult, parse, subscribe } from 'graphql';
import { type Playhead, playheadFields, type TestPlayback } from '../../support/playback.ts';

export interface Update {
  kind: 'SNAPSHOT' | 'CHANGED';
  playheads: Playhead[];
}

type Answers = AsyncGenerator<ExecutionResult, void, void>;

/** An update that does not come within this does not come. */
const deadlineMs = 5_000;
/** Turns of the event loop after which what is on its way in one process has arrived. */
const turnsToArrive = 10;

/** A subscriber that reads when the test says so. */
export class Follower {
  readonly #answers: Answers;
  #asked: Promise<IteratorResult<ExecutionResult, void>> | undefined;

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  /** The next update. Errors: throws what the stream failed with, or when it ended. */
  async next(): Promise<Update> {
    const { done, value } = await within(deadlineMs, this.#ask());
    this.#asked = undefined;
    if (done || !value) throw new Error('The stream has ended.');
    if (value.errors !== undefined) throw new Error(JSON.stringify(value.errors));
    const { data } = JSON.parse(JSON.stringify(value)) as { data: Record<string, Update> };
    const [update] = Object.values(data);
    return update as Update;
  }

  /** Asks, and says whether there was nothing to say. */
  async isQuiet(): Promise<boolean> {
    let isQuiet = true;
    const heard = () => {
      isQuiet = false;
    };
    this.#ask().then(heard, heard);
    for (let count = 0; count < turnsToArrive; count += 1) await turn();
    return isQuiet;
  }

  /** Asks for the next update without waiting for it. */
  ask(): void {
    this.#ask().catch(() => {});
  }

  /** Whether what was asked for, and everything after it, is the end of the stream. */
  async hasEnded(): Promise<boolean> {
    const { done } = await within(deadlineMs, this.#ask());
    return done === true && (await this.#answers.next()).done === true;
  }

  async leave(): Promise<void> {
    await this.#answers.return();
  }

  #ask(): Promise<IteratorResult<ExecutionResult, void>> {
    this.#asked ??= this.#answers.next();
    return this.#asked;
  }
}

async function within<Value>(limitMs: number, value: Promise<Value>): Promise<Value> {
  const limit = new AbortController();
  const late = delay(limitMs, undefined, { signal: limit.signal }).then(() => {
    throw new Error(`No update within ${limitMs} ms.`);
  });
  try {
    return await Promise.race([value, late]);
  } finally {
    limit.abort();
    late.catch(() => {});
  }
}

const query = `subscription ($playableId: ID) { playheadUpdates(playableId: $playableId) {
  kind playheads { ${playheadFields} } } }`;

/** Subscribes as graphql does: one context for every update. Errors: throws what was refused. */
export async function follow(
  playback: TestPlayback,
  of: { playableId?: string; profileId?: string; query?: string } = {},
): Promise<Follower> {
  const authorization = await playback.authorization(of.profileId);
  const answers = await subscribe({
    schema: playback.subgraph.schema,
    document: parse(of.query ?? query),
    variableValues: of.playableId === undefined ? {} : { playableId: of.playableId },
    contextValue: await playback.subgraph.contextFor({ authorization }),
  });
  if (!(Symbol.asyncIterator in answers)) throw new Error(JSON.stringify(answers.errors));
  return new Follower(answers as Answers);
}
