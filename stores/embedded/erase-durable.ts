import type { DatabaseSync } from 'node:sqlite';
import { packPlayhead } from '../../domain/codec.ts';
import { floorOf } from '../../domain/erasure.ts';
import { floorTitle } from '../../domain/playhead.ts';
import { versionLength } from '../../domain/version.ts';
import type { Erasing } from '../erasures.ts';

/** The first profile after one, of whichever table. */
export const selectNextProfile = `SELECT MIN(id) AS id FROM (
  SELECT MIN(profile_id) AS id FROM register WHERE profile_id > ?1
  UNION ALL SELECT MIN(profile_id) FROM device WHERE profile_id > ?1)`;

/** Erases within the transaction that is under way: what is newer than the fence stays, and what it names. */
export function createErase(database: DatabaseSync): (erasing: Erasing) => void {
  const putFence = database.prepare(
    `INSERT INTO fence (profile_id, version) VALUES (?, ?)
     ON CONFLICT DO UPDATE SET version = excluded.version WHERE excluded.version > fence.version`,
  );
  const putFloor = database.prepare(
    `INSERT INTO register (profile_id, title, kind, packed) VALUES (?, '${floorTitle}', 'playhead', ?)
     ON CONFLICT DO UPDATE SET packed = excluded.packed WHERE excluded.packed > register.packed`,
  );
  const dropRegisters = database.prepare(
    `DELETE FROM register
     WHERE profile_id = ? AND title <> '${floorTitle}' AND substr(packed, 1, ${versionLength}) <= ?`,
  );
  // Behind the version stand a letter and position.duration.device: the last one may have more behind it.
  const dropDevices = database.prepare(
    `DELETE FROM device WHERE profile_id = ?1 AND NOT EXISTS (
       SELECT 1 FROM register WHERE register.profile_id = ?1 AND register.kind = 'playhead'
       AND register.packed || '.' GLOB '*.' || device.hash || '.*')`,
  );
  return ({ profileId, fence }) => {
    putFence.run(profileId, fence);
    putFloor.run(profileId, packPlayhead(floorOf(fence)));
    dropRegisters.run(profileId, fence);
    dropDevices.run(profileId);
  };
}
