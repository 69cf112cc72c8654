import { describe, expect, it } from '@jest/globals';
import { PlatformError } from '../../domain/errors.ts';
import { Breaker } from '../../stores/breaker.ts';
import { StoreTakesNoWrites, StoreUnreachable } from '../../stores/faults.ts';
import { ManualClock } from '../support/manual-clock.ts';

const failing = () => Promise.reject(new StoreUnreachable('gone'));
const answering = () => Promise.resolve('answer');

function subject(): { breaker: Breaker; clock: ManualClock } {
  const clock = new ManualClock();
  return { breaker: new Breaker({ name: 'hot store', clock }), clock };
}

async function fail(breaker: Breaker, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await expect(breaker.run(failing)).rejects.toThrow('gone');
  }
}

describe('a breaker', () => {
  it('lets everything pass while the store answers', async () => {
    const { breaker } = subject();
    expect(await breaker.run(answering)).toBe('answer');
    expect(breaker.state).toBe('closed');
  });

  it('opens at the fifth failure in a row, and not before', async () => {
    const { breaker } = subject();
    await fail(breaker, 4);
    expect(breaker.state).toBe('closed');
    await fail(breaker, 1);
    expect(breaker.state).toBe('open');
  });

  it('counts anew after an answer', async () => {
    const { breaker } = subject();
    await fail(breaker, 4);
    await breaker.run(answering);
    await fail(breaker, 4);
    expect(breaker.state).toBe('closed');
  });

  it.each([
    ['a refusal to write', new StoreTakesNoWrites('full')],
    ['a value nobody can read', new PlatformError('poison', { code: 'STATE_UNAVAILABLE' })],
    ['a value nobody can write', new PlatformError('poison', { code: 'INTERNAL_SERVER_ERROR' })],
  ])('takes %s as an answer', async (_what, error) => {
    const { breaker } = subject();
    await fail(breaker, 4);
    await expect(breaker.run(() => Promise.reject(error))).rejects.toBe(error);
    await fail(breaker, 4);
    expect(breaker.state).toBe('closed');
  });

  it('while open asks nobody, and says when to come back', async () => {
    const { breaker } = subject();
    await fail(breaker, 5);
    let calls = 0;
    const call = async () => {
      calls += 1;
    };
    await expect(breaker.run(call)).rejects.toMatchObject({
      code: 'STATE_UNAVAILABLE',
      retryAfterMs: 1_000,
    });
    expect(calls).toBe(0);
  });

  it('after a second lets one caller try, and the others not wait for it', async () => {
    const { breaker, clock } = subject();
    await fail(breaker, 5);
    await clock.advance(999);
    expect(breaker.state).toBe('open');
    await clock.advance(1);
    expect(breaker.state).toBe('half-open');
    const slow = Promise.withResolvers<string>();
    const probe = breaker.run(() => slow.promise);
    await expect(breaker.run(answering)).rejects.toThrow('hot store');
    slow.resolve('answer');
    expect(await probe).toBe('answer');
    expect(breaker.state).toBe('closed');
    expect(await breaker.run(answering)).toBe('answer');
  });

  it('stays open for another second when that one fails', async () => {
    const { breaker, clock } = subject();
    await fail(breaker, 5);
    await clock.advance(1_000);
    await fail(breaker, 1);
    expect(breaker.state).toBe('open');
    await clock.advance(999);
    await expect(breaker.run(answering)).rejects.toThrow('hot store');
    await clock.advance(1);
    expect(await breaker.run(answering)).toBe('answer');
  });

  it('tells once when it gives the store up, and once when that is back', async () => {
    const clock = new ManualClock();
    const told: string[] = [];
    const onChange = (state: string) => told.push(state);
    const breaker = new Breaker({ name: 'hot store', clock, onChange });
    await fail(breaker, 5);
    await clock.advance(1_000);
    await fail(breaker, 1);
    await clock.advance(1_000);
    await breaker.run(answering);
    await breaker.run(answering);
    expect(told).toEqual(['open', 'closed']);
  });

  it('takes the late answer of a call from before as a sign of life', async () => {
    const { breaker } = subject();
    const slow = Promise.withResolvers<string>();
    const early = breaker.run(() => slow.promise);
    await fail(breaker, 5);
    slow.resolve('answer');
    await early;
    expect(breaker.state).toBe('closed');
  });
});
