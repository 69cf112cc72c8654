import fc from 'fast-check';

const seed = process.env.SEED;

/** Replays a failed run of random cases: `SEED=…` takes the seed that fast-check printed. */
if (seed !== undefined) {
  if (!/^-?\d+$/.test(seed)) throw new RangeError(`SEED is an integer, not ${seed}.`);
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
}
