import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Device } from '../../domain/playhead.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { DurableStore } from '../../stores/durable-store.ts';
import { openEmbeddedDurableStore } from '../../stores/embedded/durable.ts';
import { sparedKnownDevices } from '../../stores/known-devices.ts';
import type { UnreadableRows } from '../../stores/unreadable-rows.ts';
import {
  type DurableStoreUnderTest,
  describeDurableStore,
  listenForUnreadable,
} from './durable-store.ts';

describeDurableStore('embedded', async () => onFile(openEmbeddedDurableStore));
describeDurableStore('embedded, spared the devices it knows', async () =>
  onFile((options) => sparedKnownDevices(openEmbeddedDurableStore(options), systemClock)),
);
describeDurableStore('embedded, its file opened anew for every read', async () =>
  onFile(openReopening),
);

type Open = (options: { path: string; unreadable: UnreadableRows }) => DurableStore;

function onFile(open: Open): DurableStoreUnderTest {
  const folder = mkdtempSync(join(tmpdir(), 'playhead-durable-'));
  const path = join(folder, 'playback.db');
  const listener = listenForUnreadable();
  const durable = open({ path, unreadable: listener.unreadable });
  let reopened: DurableStore | undefined;
  return {
    ...listener,
    durable,
    async reopen() {
      await durable.close();
      reopened = open({ path, unreadable: listener.unreadable });
      return reopened;
    },
    poisonOf: (batch) => ({ ...batch, devices: [{ id: 'nameless' } as Device] }),
    async plant({ profileId, title, kind, packed }) {
      const database = new DatabaseSync(path);
      database
        .prepare(
          'INSERT OR REPLACE INTO register (profile_id, title, kind, packed) VALUES (?,?,?,?)',
        )
        .run(profileId, title, kind, packed);
      database.close();
    },
    async close() {
      await durable.close();
      await reopened?.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Every read is that of a process that has just started. */
function openReopening(options: Parameters<Open>[0]): DurableStore {
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
    erase: (erasing) => store.erase(erasing),
    eachProfile: (visit) => store.eachProfile(visit),
    async close() {
      isClosed = true;
      await store.close();
    },
  };
}
