import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { stripIgnoredCharacters } from 'graphql';
import * as sdk from '../../client/operations.ts';
import * as demo from '../../demo/documents.ts';
import { manifestOf } from '../../schema/persist.ts';

const written = () =>
  JSON.parse(readFileSync('schema/persisted-documents.json', 'utf8')) as Record<string, string>;

describe('the manifest of documents', () => {
  it('is what clients send, by the SHA-256 of each', async () => {
    expect(written()).toEqual(await manifestOf([sdk, demo]));
    for (const [hash, text] of Object.entries(written())) {
      expect(createHash('sha256').update(text).digest('hex')).toBe(hash);
    }
  });

  it('holds every document of the client and the demo: none is written elsewhere', () => {
    const folders = ['client', 'demo', 'demo/viewers'];
    const files = folders.flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.ts'))
        .map((name) => `${folder}/${name}`),
    );
    const writing = files.filter((file) =>
      /`\s*(query|mutation|subscription)\b/.test(readFileSync(file, 'utf8')),
    );
    expect(writing.sort()).toEqual(['client/operations.ts', 'demo/documents.ts']);
  });

  it('says the same of a document without its blanks', () => {
    const texts = Object.values(written()).map(stripIgnoredCharacters);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('is not made of a document that does not fit the API', async () => {
    const wrong = { name: 'Wrong', document: 'query Wrong { viewer { nothing } }' };
    await expect(manifestOf([{ wrong }])).rejects.toThrow('Wrong does not fit the API');
  });
});
