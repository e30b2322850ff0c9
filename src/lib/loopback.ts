import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** True for 127.0.0.0/8, ::1 and their IPv4-mapped forms. */
export function isLoopbackAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  return LOOPBACK.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** True for a name in a Host header that no DNS answer can have brought here: localhost, *.localhost (RFC 6761) or a loopback address. */
export function isLoopbackName(name: string): boolean {
  const bare = name.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return bare === 'localhost' || bare.endsWith('.localhost') || isLoopbackAddress(bare);
}

/**
 * Refuses to listen where somebody else could connect. A name is resolved, and every address it has must be loopback.
 * @throws Error that names the remedy
 */
export async function assertLoopback(host: string): Promise<void> {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const addresses = isIP(bare) === 0 ? await resolve(bare) : [bare];
  const open = addresses.filter((address) => !isLoopbackAddress(address));
  if (open.length === 0) return;
  throw new Error(
    `refusing to listen on ${describe(host, open)} without TLS and identities: whoever reaches it could start steps. ` +
      'Listen on 127.0.0.1 (or localhost, ::1, a unix: socket) and let others in through a port-forward or a TLS proxy, ' +
      'or configure both (docs/security.md); an embedded cluster never listens elsewhere.',
  );
}

async function resolve(name: string): Promise<string[]> {
  if (name === '') return ['every address'];
  try {
    return (await lookup(name, { all: true })).map((entry) => entry.address);
  } catch (cause) {
    throw new Error(`cannot resolve the host name "${name}" to listen on`, { cause });
  }
}

function describe(host: string, open: readonly string[]): string {
  return open.includes(host) ? host : `"${host}" (${open.join(', ')})`;
}
