import { once } from 'node:events';
import { stat, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';

/** For the own account alone. */
const othersBits = 0o177;

/**
 * Listens on a file, which is there while it does. One that a process left behind which was killed is
 * replaced.
 *
 * Errors: rejects with the system's error; EADDRINUSE when somebody listens there.
 */
export async function listenOnFile(server: Server, path: string): Promise<void> {
  try {
    await listenOnce(server, path);
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    if (!isThere || !(await isLeftBehind(path))) throw error;
    await unlink(path);
    await listenOnce(server, path);
  }
}

async function listenOnce(server: Server, path: string): Promise<void> {
  // A mode that is set afterwards is late: the file is made within this call.
  const before = process.umask(othersBits);
  try {
    server.listen(path);
  } finally {
    process.umask(before);
  }
  await once(server, 'listening');
}

/** A socket that nobody listens on; what is no socket is nobody's to remove. */
async function isLeftBehind(path: string): Promise<boolean> {
  if (!(await stat(path)).isSocket()) return false;
  const socket = connect(path);
  return once(socket, 'connect')
    .then(
      () => false,
      // Somebody who is busy, or another account's, is there all the same.
      (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
    )
    .finally(() => socket.destroy());
}
