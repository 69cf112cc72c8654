import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { startProduct } from '../support/product.ts';
import { askGateway } from '../support/remote-device.ts';
import { until } from '../support/until.ts';

describe('a product that is given a supergraph', () => {
  it('serves it, and the next one once that has its name', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'playhead-graph-'));
    const path = join(folder, 'supergraph.graphql');
    const original = await readFile('schema/supergraph.graphql', 'utf8');
    const release = (name: string) =>
      original.replace(/(?:"""[^"]*"""\s*)?(type Viewer\b)/, `"""${name}"""\n$1`);
    await writeFile(path, release('first'));
    const product = await startProduct({ env: { SUPERGRAPH_FILE: path } });
    const token = await product.token('graph');
    const served = async () => {
      const query = '{ __type(name: "Viewer") { description } }';
      return (await askGateway<{ __type: { description: string } }>(product, token, { query }))
        .__type.description;
    };
    expect(await served()).toBe('first');
    await writeFile(`${path}.next`, release('second'));
    await rename(`${path}.next`, path);
    await until(async () => (await served()) === 'second', { what: 'the second is served' });
    await product.stop();
    await rm(folder, { recursive: true, force: true });
  });
});
