import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';

/** PostGraphile as its guide starts it as a library: the schema `playhead` of a database. */
const { values } = parseArgs({ options: { database: { type: 'string' } } });
const service = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ connectionString: values.database, schemas: ['playhead'] })],
  // Of a production server: no GraphiQL, no explanations.
  grafserv: { graphiql: false, watch: false },
  grafast: { explain: false },
}).createServ(grafserv);
const server = createServer();
await service.addTo(server);
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`postgraphile  http://127.0.0.1:${server.address().port}/graphql\n`);
});
process.once('SIGTERM', () => process.exit(0));
