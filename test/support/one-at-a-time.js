import TestRunner from 'jest-runner';

/** jest's own runner with a single worker, whatever the machine has: the other cores are the servers'. */
class OneAtATime extends TestRunner {
  constructor(globalConfig, context) {
    super({ ...globalConfig, maxWorkers: 1 }, context);
  }
}

// jest loads a runner by its default export and by nothing else.
export default OneAtATime;
