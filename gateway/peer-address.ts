import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv4, type Socket } from 'node:net';

/**
 * The address that a request came from, as it is counted: that of the connection, or behind
 * `trustedHops` proxies the one that the outermost of them saw. What is further left in
 * `x-forwarded-for` is whatever the client wrote. An IPv6 network of 64 bits is one address: one
 * customer has as many within it as there are.
 */
export function peerAddress(request: IncomingMessage, trustedHops: number): string {
  const peer = request.socket.remoteAddress ?? '';
  return networkOf(trustedHops === 0 ? peer : forwardedAddress(request, { peer, trustedHops }));
}

/** The peer is the last hop; each proxy has put whom it saw to the right of what it was told. */
function forwardedAddress(
  request: IncomingMessage,
  { peer, trustedHops }: { peer: string; trustedHops: number },
): string {
  const header = request.headers['x-forwarded-for'];
  const told = String(header ?? '')
    .split(',')
    .map((entry) => withoutPort(entry.trim()));
  const address = told[Math.max(0, told.length - trustedHops)] ?? '';
  return isIP(address) === 0 ? peer : address;
}

/** Some proxies write `192.0.2.1:4711` or `[2001:db8::1]:4711`. */
function withoutPort(entry: string): string {
  return /^\[(.+)\](?::\d+)?$/.exec(entry)?.[1] ?? /^([\d.]+):\d+$/.exec(entry)?.[1] ?? entry;
}

function networkOf(address: string): string {
  const inner = /^::ffff:([\d.]+)$/i.exec(address)?.[1] ?? address;
  if (isIPv4(inner) || isIP(inner) === 0) return inner;
  const [left = [], right = []] = (inner.split('%', 1)[0] ?? '').split('::').map(groupsOf);
  const zeros = new Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  const network = [...left, ...zeros, ...right].slice(0, 4);
  return `${network.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
}

const privateNetworks = new BlockList();
for (const [network, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const) {
  privateNetworks.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  privateNetworks.addSubnet(network, prefix, 'ipv6');
}

/** Of connections without a proxy in front: an address is what it is for as long as one is open. */
const addresses = new WeakMap<Socket, string | null>();

/**
 * Null for a private address that no proxy told of: behind it are all viewers of a proxy that this gateway
 * was not told of, or whoever runs it, and one limit for all of them would be an outage.
 *
 * Cost: a look-up; without proxies in front, more for the first request of a connection alone.
 */
export function countedAddress(
  request: IncomingMessage | undefined,
  trustedProxies: number,
): string | null {
  if (request === undefined) return null;
  if (trustedProxies > 0) return peerAddress(request, trustedProxies);
  const { socket } = request;
  const known = addresses.get(socket);
  if (known !== undefined) return known;
  const address = isPrivate(socket.remoteAddress ?? '') ? null : peerAddress(request, 0);
  addresses.set(socket, address);
  return address;
}

function isPrivate(peer: string): boolean {
  return peer === '' || privateNetworks.check(peer, peer.includes(':') ? 'ipv6' : 'ipv4');
}
