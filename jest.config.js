/** Tests that start servers, browsers or the product itself: these share two cores with what they start. */
const startsProcesses = [
  '/test/(attack|browser|demo|deploy|fault|product|stores)/',
  '/test/contract/[^/]*(cassandra|redis)',
  '/test/gateway/(separate-processes|shutdown)',
];

const shared = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};

/** @satisfies {import('jest').Config} */
const config = {
  projects: [
    {
      ...shared,
      displayName: 'parts',
      runner: 'jest-runner',
      testRegex: ['/test/.*\\.test\\.ts$'],
      testPathIgnorePatterns: startsProcesses,
    },
    {
      ...shared,
      displayName: 'servers',
      testRegex: startsProcesses.map((pattern) => `${pattern}.*\\.test\\.ts$`),
      // jest finishes one runner before it begins with another: nothing runs beside these files.
      runner: '<rootDir>/test/support/one-at-a-time.js',
      globalSetup: '<rootDir>/test/support/run-begins.js',
      globalTeardown: '<rootDir>/test/support/run-ends.js',
    },
  ],
  maxWorkers: '100%',
  // A driver may look after a connection to a server that was killed for minutes: the run ends all the same.
  forceExit: true,
  // Real servers, real browsers: a case may take a while on a busy machine, none may hang.
  testTimeout: 180_000,
  // Redis's driver looks after a closed Cluster for another 2.5 s: only what stays longer is left open.
  openHandlesTimeout: 5_000,
  workerGracefulExitTimeout: 5_000,
  reporters: ['default', '<rootDir>/test/support/closing-line.js'],
};

// jest reads its configuration from a default export and from nothing else.
export default config;
