import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedErasures } from '../../stores/embedded/erasures.ts';
import type { Erasures } from '../../stores/erasures.ts';
import { noonMs } from '../support/manual-clock.ts';
import { describeErasures } from './erasures.ts';

describeErasures('embedded', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'playhead-erasures-'));
  const path = join(folder, 'erasures.db');
  const erasures = openEmbeddedErasures({ path });
  let reopened: Erasures | undefined;
  return {
    erasures,
    nowMs: noonMs,
    async reopen() {
      await erasures.close();
      reopened = openEmbeddedErasures({ path });
      return reopened;
    },
    async close() {
      await erasures.close();
      await reopened?.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
