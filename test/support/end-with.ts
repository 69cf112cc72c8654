import { spawn } from 'node:child_process';

/**
 * Kills process `pid` once `keeperPid` has ended, however that did: a run that is killed runs no
 * teardown, and its servers must not outlive it all the same.
 */
export function endWith(keeperPid: number, pid: number): void {
  const watch = 'while kill -0 "$1" && kill -0 "$2"; do sleep 1; done 2>/dev/null; kill -9 "$2"';
  const watcher = spawn('sh', ['-c', watch, 'sh', String(keeperPid), String(pid)], {
    detached: true,
    stdio: 'ignore',
  });
  watcher.unref();
}
