/** What an operation holds: counted, so that a generator that stopped making it is noticed. */
export const features = [
  'alias',
  'named fragment',
  'fragment without condition',
  'fragment on its own type',
  'fragment on another type',
  'nested conditions',
  '__typename',
  '@skip',
  '@include',
  'condition by variable',
  'condition by default',
  'several operations',
  'several root fields',
  'introspection',
  'inline argument',
  'variable argument',
  'default of a variable',
  'unfit variables',
  'key selected twice',
  'mutation',
] as const;
export type Feature = (typeof features)[number];
