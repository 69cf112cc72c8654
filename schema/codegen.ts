import { readFile, writeFile } from 'node:fs/promises';
import { codegen } from '@graphql-codegen/core';
import * as typescript from '@graphql-codegen/typescript';
import * as resolvers from '@graphql-codegen/typescript-resolvers';
import { parse } from 'graphql';

/** Resolver types of one subgraph; mappers name the value a resolver of that type receives. */
const targets = {
  playback: {
    Playhead: './playhead-view.ts#PlayheadView',
    PlaybackSession: './playhead-view.ts#SessionView',
    RecordHeartbeatsPayload: './record-heartbeats.ts#RecordOutcome',
    PlayheadPayload: './change-playhead.ts#ChangeOutcome',
    UndoSessionPayload: './undo-session.ts#UndoOutcome',
    ReassignSessionPayload: './undo-session.ts#UndoOutcome',
    TakeOverPayload: './take-over.ts#TakeOverOutcome',
    Problem: '../../domain/problem.ts#Problem as DomainProblem',
    Viewer: '../../runtime/identity.ts#Viewer as SignedIn',
    Playable: '{ id: string }',
  },
  recommendations: {
    Viewer: '../../runtime/identity.ts#Viewer as SignedIn',
    Playable: '{ id: string }',
  },
  catalog: {
    Playable: './titles.ts#PlayableTitle',
    Movie: './titles.ts#MovieTitle',
    Episode: './titles.ts#EpisodeTitle',
    Series: './titles.ts#SeriesTitle',
  },
} as const;

const repository = new URL('../', import.meta.url);

async function generate(name: keyof typeof targets): Promise<string> {
  const schema = parse(await readFile(new URL(`schema/${name}.graphql`, repository), 'utf8'));
  const config = {
    importExtension: '.ts',
    enumsAsTypes: true,
    useTypeImports: true,
    federation: true,
    avoidOptionals: { defaultValue: true },
    scalars: { DateTime: 'string', ID: 'string' },
    contextType: './context.ts#Context',
    mappers: targets[name],
  };
  return codegen({
    filename: `subgraphs/${name}/schema.generated.ts`,
    schema,
    documents: [],
    config,
    plugins: [{ typescript: {} }, { resolvers: {} }],
    pluginMap: { typescript, resolvers },
  });
}

async function main(argv: readonly string[]): Promise<void> {
  for (const name of Object.keys(targets) as (keyof typeof targets)[]) {
    const file = new URL(`subgraphs/${name}/schema.generated.ts`, repository);
    const text = await generate(name);
    if (!argv.includes('--check')) {
      await writeFile(file, text);
    } else if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
      throw new Error(
        `subgraphs/${name}/schema.generated.ts is out of date: run npm run generate.`,
      );
    }
  }
}

if (import.meta.main) await main(process.argv.slice(2));
