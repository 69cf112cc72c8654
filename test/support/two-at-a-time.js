import TestRunner from 'jest-runner';

/** jest's own runner with two workers: for files whose servers wait for one another more than they work. */
class TwoAtATime extends TestRunner {
  constructor(globalConfig, context) {
    super({ ...globalConfig, maxWorkers: 2 }, context);
  }
}

// jest loads a runner by its default export and by nothing else.
export default TwoAtATime;
