import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serverAudits } from 'graphql-http';
import { openToyGateway, shapes, type ToyGateway } from './toy-gateway.ts';

describe.each(shapes)('the GraphQL-over-HTTP audit, %s', (shape) => {
  let gateway: ToyGateway;
  beforeAll(async () => {
    gateway = await openToyGateway(shape);
  });
  afterAll(() => gateway.close());

  const audits = serverAudits({ url: () => gateway.url, fetchFn: fetch });

  it.each(audits.map(({ id, name, fn }) => ({ id, name, fn })))('$id: $name', async ({ fn }) => {
    const result = await fn();
    expect(result).toMatchObject({ status: 'ok' });
  });
});
