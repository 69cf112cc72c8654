import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Client } from 'cassandra-driver';
import {
  type ControlConnection,
  oneRefreshAtATime,
} from '../../stores/cassandra/control-connection.ts';
import { until } from '../support/until.ts';

/** What the driver would do: ends when the test says so. */
let begun: PromiseWithResolvers<void>[];
let client: Client;
let control: ControlConnection;

beforeEach(() => {
  client = new Client({ contactPoints: ['127.0.0.1:1'], localDataCenter: 'eu' });
  ({ controlConnection: control } = client as unknown as { controlConnection: ControlConnection });
  expect(control._refresh).toBeInstanceOf(Function);
  begun = [];
  control._refresh = () => {
    const refresh = Promise.withResolvers<void>();
    begun.push(refresh);
    return refresh.promise;
  };
  oneRefreshAtATime(client);
});
afterEach(() => client.shutdown());

it('the driver refreshes its control connection once at a time, and once more for who came meanwhile', async () => {
  const [first] = [control._refresh(), control._refresh(), control._refresh()];
  expect(begun).toHaveLength(1);
  begun[0]!.resolve();
  await first;
  await until(() => begun.length === 2, { what: 'one more refresh' });
  begun[1]!.resolve();
  await turn();
  expect(begun).toHaveLength(2);
});

it('a refresh goes on to the next host without waiting for itself', async () => {
  const whole = control._refresh();
  const next = control._refresh(['another host'][Symbol.iterator]());
  expect(begun).toHaveLength(2);
  for (const refresh of begun) refresh.resolve();
  await Promise.all([whole, next]);
});

it('a refresh that throws reaches nobody, and is tried again', async () => {
  const failing = control._refresh();
  begun[0]!.reject(new TypeError('the connection is null'));
  await failing;
  await until(() => begun.length === 2, { what: 'another try' });
  begun[1]!.resolve();
});

it('a driver that has become another is noticed', () => {
  expect(() => oneRefreshAtATime({} as Client)).toThrow(TypeError);
});
