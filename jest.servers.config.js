import base from './jest.config.js';

/** @type {import('jest').Config} */
const config = {
  ...base,
  testMatch: [
    '<rootDir>/test/**/*redis*.test.ts',
    '<rootDir>/test/**/*cassandra*.test.ts',
    '<rootDir>/test/stores/*.test.ts',
  ],
  testPathIgnorePatterns: [],
  globalSetup: '<rootDir>/test/support/run-begins.js',
  globalTeardown: '<rootDir>/test/support/run-ends.js',
};

// jest reads its configuration from a default export and from nothing else.
export default config;
