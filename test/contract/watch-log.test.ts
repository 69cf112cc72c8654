import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedWatchLog } from '../../stores/embedded/watch-log.ts';
import type { WatchLog } from '../../stores/watch-log.ts';
import { noonMs } from '../support/manual-clock.ts';
import { describeWatchLog } from './watch-log.ts';

describeWatchLog('embedded', {
  runs: 100,
  async open() {
    const folder = mkdtempSync(join(tmpdir(), 'playhead-watch-log-'));
    const path = join(folder, 'watch-log.db');
    const watchLog = openEmbeddedWatchLog({ path });
    let reopened: WatchLog | undefined;
    return {
      watchLog,
      nowMs: noonMs,
      tooMany: 'the oldest leave',
      async reopen() {
        await watchLog.close();
        reopened = openEmbeddedWatchLog({ path });
        return reopened;
      },
      async close() {
        await watchLog.close();
        await reopened?.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
});
