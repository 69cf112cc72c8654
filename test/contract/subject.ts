import { afterEach, beforeEach } from '@jest/globals';

/** Opens a subject before each case of the surrounding `describe`, and closes it after. */
export function eachTime<Subject extends { close(): Promise<void> }>(
  open: () => Promise<Subject>,
): () => Subject {
  let subject: Subject | undefined;
  beforeEach(async () => {
    subject = await open();
  });
  afterEach(async () => {
    await subject?.close();
    subject = undefined;
  });
  return () => {
    if (subject === undefined) throw new Error('Nothing is open outside a case.');
    return subject;
  };
}
