import type { Server, Socket } from 'node:net';

/** How many connections a port takes. */
export interface ConnectionLimits {
  readonly all: number;
  /** From one address: what one client that runs wild, or one attacker, can take from the others. */
  readonly perAddress: number;
}

/**
 * Closes connections beyond the limits before anything of them is read, TLS handshakes included; call it when the server's own listeners are in
 * place. Node's `maxConnections` knows no addresses.
 */
export function limitConnections(
  server: Server,
  { all, perAddress }: ConnectionLimits,
  onRefused: (why: 'connections' | 'connections_per_address') => void,
): void {
  const open = new Map<string, number>();
  let total = 0;
  const enter = (socket: Socket): boolean => {
    const address = socket.remoteAddress ?? '';
    const known = open.get(address) ?? 0;
    if (total >= all || known >= perAddress) {
      onRefused(total >= all ? 'connections' : 'connections_per_address');
      socket.destroy();
      return false;
    }
    total += 1;
    open.set(address, known + 1);
    socket.once('close', () => {
      total -= 1;
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
    return true;
  };
  // A listener that stands before them would not keep a closed socket from them.
  const listeners = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    if (enter(socket)) for (const listener of listeners) listener.call(server, socket);
  });
}
