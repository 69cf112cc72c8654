import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { pathOf } from './http-messages.ts';

/** Takes the connection over, or refuses it. */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

const pathsOf = new WeakMap<Server, Map<string, Upgrade>>();

/** Who takes the upgrades of one path of this server; those of paths that nobody takes are refused. */
export function takeUpgrades(server: Server, path: string, upgrade: Upgrade): void {
  const known = pathsOf.get(server);
  const paths = known ?? new Map<string, Upgrade>();
  paths.set(path, upgrade);
  if (known !== undefined) return;
  pathsOf.set(server, paths);
  server.on('upgrade', (request, socket, head) => {
    const taken = paths.get(pathOf(request));
    if (taken === undefined) refuseUpgrade(socket, '404 Not Found');
    else taken(request, socket, head);
  });
}

/** Nobody listens to a socket that Node has handed over: unheard, its error would end the process. */
export function refuseUpgrade(socket: Duplex, status: string): void {
  socket.on('error', () => {});
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
