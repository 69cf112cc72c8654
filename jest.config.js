/** Tests that start servers, browsers or the product itself: these share two cores with what they start. */
const startsProcesses = [
  '/test/(attack|browser|demo|deploy|fault|product|stores)/',
  '/test/contract/[^/]*(cassandra|redis)',
  '/test/gateway/(separate-processes|shutdown)',
];
/** Of faults, those after which all is looked at in the end, however long that takes, and those that start nothing. */
const waitsInFault = [
  'cassandra-node-away',
  'check-',
  'durable-store-killed',
  'fault-proxy',
  'left-over',
  'regions-added',
  'regions-rig',
  'stalls',
  'told-by-',
];
/** Of these, whatever says how long something takes, or what a fault does to a load, has the machine to itself. */
const needsTheMachine = [
  '/test/browser/',
  `/test/fault/(?!${waitsInFault.join('|')})`,
  '/test/attack/gateway-under-attack',
  '/test/demo/(hand-over|regions|trials)',
  '/test/gateway/(separate-processes|shutdown)',
  '/test/product/server-keeps-the-protocol',
  '/test/stores/redis-profile',
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

/** jest calls each of the two once, however many projects name it. */
const sharesServers = {
  globalSetup: '<rootDir>/test/support/run-begins.js',
  globalTeardown: '<rootDir>/test/support/run-ends.js',
};

const files = (pattern) => `${pattern}.*\\.test\\.ts$`;

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
      displayName: 'pairs',
      testRegex: startsProcesses.map(files),
      testPathIgnorePatterns: needsTheMachine,
      runner: '<rootDir>/test/support/two-at-a-time.js',
      ...sharesServers,
    },
    {
      ...shared,
      displayName: 'servers',
      testRegex: needsTheMachine.map(files),
      // jest finishes one runner before it begins with another: nothing runs beside these files.
      runner: '<rootDir>/test/support/one-at-a-time.js',
      ...sharesServers,
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
