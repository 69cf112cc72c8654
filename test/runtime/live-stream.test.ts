import { describe, expect, it } from '@jest/globals';
import { LiveStream } from '../../runtime/live-stream.ts';

const over = { done: true, value: undefined };

/** A number that is followed: told whenever it is another than it was told last. */
function followed(of: { read?: () => Promise<void>; listen?: () => Promise<void> } = {}) {
  const counts = { listening: 0, reads: 0, ends: 0 };
  const subject = { counts, value: 1, wake: () => {} };
  let told = 0;
  const stream = new LiveStream<number, number>((wake) => {
    subject.wake = wake;
    return {
      async listen() {
        await of.listen?.();
        counts.listening += 1;
        return async () => {
          counts.listening -= 1;
        };
      },
      async read() {
        counts.reads += 1;
        const { value } = subject;
        await of.read?.();
        return value;
      },
      news(value) {
        if (value === told) return null;
        told = value;
        return value;
      },
      end() {
        counts.ends += 1;
      },
    };
  });
  return Object.assign(subject, { stream });
}

describe('a live stream', () => {
  it('reads once for all that woke it while nobody asked', async () => {
    const { stream, counts, wake } = followed();
    expect(await stream.next()).toEqual({ done: false, value: 1 });
    for (let each = 0; each < 20; each += 1) wake();
    expect(counts.reads).toBe(1);
    void stream.next();
    await new Promise(setImmediate);
    expect(counts).toEqual({ listening: 1, reads: 2, ends: 0 });
  });

  it('reads again for what woke it while it read', async () => {
    const subject = followed({
      async read() {
        if (subject.counts.reads > 1) return;
        subject.value = 2;
        subject.wake();
      },
    });
    expect(await subject.stream.next()).toEqual({ done: false, value: 1 });
    expect(await subject.stream.next()).toEqual({ done: false, value: 2 });
  });

  it('answers in order who asks several times at once', async () => {
    const subject = followed();
    const asked = [subject.stream.next(), subject.stream.next(), subject.stream.next()];
    expect(await asked[0]).toEqual({ done: false, value: 1 });
    subject.value = 2;
    subject.wake();
    expect(await asked[1]).toEqual({ done: false, value: 2 });
    await subject.stream.return();
    expect(await asked[2]).toEqual(over);
  });

  it('ends once, however often it is ended', async () => {
    const { stream, counts } = followed();
    await stream.next();
    const waiting = stream.next();
    await Promise.all([stream.return(), stream.return()]);
    await expect(stream.throw(new Error('left'))).rejects.toThrow('left');
    expect(await waiting).toEqual(over);
    expect(counts).toEqual({ listening: 0, reads: 1, ends: 1 });
  });

  it.each(['listen', 'read'])(
    'ends at once while it waits to %s, and tells nothing',
    async (what) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const { stream, counts } = followed({ [what]: () => promise });
      const waiting = stream.next();
      await new Promise(setImmediate);
      expect(await stream.return()).toEqual(over);
      resolve();
      expect(await waiting).toEqual(over);
      expect(counts).toMatchObject({ listening: 0, ends: 1 });
    },
  );

  it('never begins to listen once it has ended', async () => {
    const { stream, counts } = followed();
    await stream.return();
    expect(await stream.next()).toEqual(over);
    expect(counts).toEqual({ listening: 0, reads: 0, ends: 1 });
  });

  it.each(['listen', 'read'])('ends with what it met when it could not %s', async (what) => {
    const fails = () => Promise.reject(new Error('away'));
    const { stream, counts } = followed({ [what]: fails });
    await expect(stream.next()).rejects.toThrow('away');
    expect(await stream.next()).toEqual(over);
    expect(counts).toMatchObject({ listening: 0, ends: 1 });
  });
});
