import { afterEach } from '@jest/globals';

/** Takes what a case of the surrounding `describe` opened, and closes it after the case, the last first. */
export function closedAfterEach() {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
  });
  return <Opened extends { close(): Promise<void> }>(opened: Opened): Opened => {
    open.unshift(opened);
    return opened;
  };
}
