import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Address } from '../../../src/config/address.ts';

/** One address before several executors, as a Service of Kubernetes is: a connection stays with the one it was given. */
export interface Balancer {
  readonly address: Address;
  /** Takes connections from now on. */
  readonly add: (address: Address) => void;
  /** Takes no new ones. Those it has end when it does. */
  readonly remove: (address: Address) => void;
  readonly close: () => Promise<void>;
}

export async function startBalancer(): Promise<Balancer> {
  const living: Address[] = [];
  const sockets = new Set<Socket>();
  let turn = 0;
  const own = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((client) => {
    own(client);
    const target = living[turn++ % Math.max(1, living.length)];
    // Nobody is there: the caller has to come again.
    if (target === undefined) return void client.resetAndDestroy();
    const executor = own(connect({ host: target.host, port: target.port, noDelay: true }));
    client.setNoDelay(true);
    client.pipe(executor).pipe(client);
    client.on('close', () => executor.destroy());
    executor.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: '127.0.0.1', port },
    add: (address) => void living.push(address),
    remove(address) {
      const at = living.indexOf(address);
      if (at >= 0) living.splice(at, 1);
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
