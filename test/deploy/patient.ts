import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { diagnose } from '../../deploy/doctor/diagnose.ts';
import type { Finding } from '../../deploy/doctor/finding.ts';
import { systemClock } from '../../runtime/clock.ts';

export const doctorParts = { clock: systemClock, version: process.version };

/** A data folder for the cases of one file, and what the doctor finds with it. */
export function sharePatient() {
  let dataDir = '';
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'playhead-doctor-'));
  });
  afterAll(() => rm(dataDir, { recursive: true }));
  /** Ports that are free, and a Redis that may be slow: a busy machine is no finding here. */
  const env = (settings: Record<string, string> = {}): Record<string, string> => ({
    ...{ PORT: '0', PLAYBACK_PORT: '0', RECOMMENDATIONS_PORT: '0', CATALOG_PORT: '0' },
    METRICS_PORT: '0',
    ...{ DATA_DIR: dataDir, REDIS_COMMAND_TIMEOUT_MS: '8000' },
    ...settings,
  });
  return {
    /** A file in the data folder. */
    path: (file: string) => join(dataDir, file),
    env,
    examine: (settings: Record<string, string> = {}) => diagnose(env(settings), doctorParts),
  };
}

/** The one finding of that name. */
export function named(findings: readonly Finding[], name: string): Finding {
  const found = findings.filter((finding) => finding.name === name);
  expect(found).toHaveLength(1);
  return found[0]!;
}

export function worse(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ status }) => status !== 'ok');
}
