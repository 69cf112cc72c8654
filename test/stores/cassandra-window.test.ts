import { describe, expect, it } from '@jest/globals';
import { createWindow } from '../../stores/cassandra/window.ts';
import { StoreUnreachable } from '../../stores/faults.ts';

/** Work that ends when the test says so. */
function manualWork() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { work: () => promise, finish: resolve };
}

const patient = { waitingMax: 10, waitMsMax: 60_000 };
const overloaded = { code: 'STATE_UNAVAILABLE', retryAfterMs: 1_000 };

describe('a window of concurrent work', () => {
  it('never has more under way than it may, and serves who came first', async () => {
    const window = createWindow({ inFlightMax: 2, ...patient });
    const works = Array.from({ length: 5 }, manualWork);
    const begun: number[] = [];
    const running = works.map(({ work }, number) =>
      window.run(async () => {
        begun.push(number);
        await work();
      }),
    );
    await Promise.resolve();
    expect(begun).toEqual([0, 1]);
    works[1]!.finish();
    await running[1];
    expect(begun).toEqual([0, 1, 2]);
    for (const { finish } of works) finish();
    await Promise.all(running);
    expect(begun).toEqual([0, 1, 2, 3, 4]);
  });

  it('gives its place on after a failure too', async () => {
    const window = createWindow({ inFlightMax: 1, ...patient });
    const failing = window.run(() => Promise.reject(new Error('no')));
    const next = window.run(async () => 'yes');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });

  it('refuses at once when too many wait', async () => {
    const window = createWindow({ inFlightMax: 1, waitingMax: 1, waitMsMax: 60_000 });
    const { work, finish } = manualWork();
    const accepted = [window.run(work), window.run(work)];
    const refusal = window.run(work);
    await expect(refusal).rejects.toBeInstanceOf(StoreUnreachable);
    await expect(refusal).rejects.toMatchObject(overloaded);
    finish();
    await Promise.all(accepted);
  });

  it('refuses who waited too long, and never begins that work', async () => {
    const window = createWindow({ inFlightMax: 1, waitingMax: 1, waitMsMax: 5 });
    const { work, finish } = manualWork();
    const first = window.run(work);
    let hasBegun = false;
    const late = window.run(async () => {
      hasBegun = true;
    });
    await expect(late).rejects.toMatchObject(overloaded);
    finish();
    await first;
    await window.drained();
    expect(hasBegun).toBe(false);
  });

  it('is drained when nothing is under way and nothing waits', async () => {
    const window = createWindow({ inFlightMax: 1, ...patient });
    await window.drained();
    const works = [manualWork(), manualWork()];
    const ended: string[] = [];
    const running = works.map(({ work }, number) =>
      window.run(work).then(() => ended.push(`work ${number}`)),
    );
    const drained = window.drained().then(() => ended.push('drained'));
    for (const { finish } of works) finish();
    await Promise.all([...running, drained]);
    expect(ended).toEqual(['work 0', 'work 1', 'drained']);
  });
});
