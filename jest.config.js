/** @type {import('jest').Config} */
const config = {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // What needs Redis or Cassandra beside it: jest.servers.config.js.
  testPathIgnorePatterns: ['/test/stores/', '/test/.*(redis|cassandra)[^/]*\\.test\\.ts$'],
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
  // Real servers, real browsers: a case may take a while on a busy machine, none may hang.
  testTimeout: 180_000,
  reporters: ['default', '<rootDir>/test/support/closing-line.js'],
};

// jest reads its configuration from a default export and from nothing else.
export default config;
