import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Device } from '../../domain/playhead.ts';
import type { DurableStore } from '../../stores/durable-store.ts';
import { openEmbeddedDurableStore } from '../../stores/embedded/durable.ts';
import { type DurableStoreUnderTest, describeDurableStore } from './durable-store.ts';

describeDurableStore('embedded', async () => onFile(openEmbeddedDurableStore));
describeDurableStore('embedded, its file opened anew for every read', async () =>
  onFile(openReopening),
);

function onFile(open: (options: { path: string }) => DurableStore): DurableStoreUnderTest {
  const folder = mkdtempSync(join(tmpdir(), 'playhead-durable-'));
  const path = join(folder, 'playback.db');
  const durable = open({ path });
  let reopened: DurableStore | undefined;
  return {
    durable,
    async reopen() {
      await durable.close();
      reopened = open({ path });
      return reopened;
    },
    poisonOf: (batch) => ({ ...batch, devices: [{ id: 'nameless' } as Device] }),
    async close() {
      await durable.close();
      await reopened?.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Every read is that of a process that has just started. */
function openReopening(options: { path: string }): DurableStore {
  let isClosed = false;
  let store = openEmbeddedDurableStore(options);
  return {
    write: (batch) => store.write(batch),
    async read(profileId) {
      if (isClosed) return store.read(profileId);
      await store.close();
      store = openEmbeddedDurableStore(options);
      return store.read(profileId);
    },
    async close() {
      isClosed = true;
      await store.close();
    },
  };
}
