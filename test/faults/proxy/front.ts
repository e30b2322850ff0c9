import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** `silent` takes connections and reads nothing from them; `shut` does not listen. */
export type FrontMode = 'open' | 'silent' | 'shut';

/** The listening socket before a server of HTTP or HTTPS, where connections themselves go wrong. */
export interface Front {
  readonly port: number;
  readonly mode: () => FrontMode;
  /** Resolves when it holds. */
  readonly set: (mode: FrontMode) => Promise<void>;
  /** Resolves when the front is not silent; at once as a rule. */
  readonly awake: () => Promise<void>;
  /** Resets every open connection, in the middle of whatever it carries. */
  readonly cut: () => void;
  /** Resets the connection that has this port at the client's side. */
  readonly reset: (remotePort: number | undefined) => void;
  readonly connections: () => { readonly opened: number; readonly open: number };
  readonly close: () => Promise<void>;
}

/** Connections are handed to `onConnection` as soon as the front is awake. */
export async function openFront(onConnection: (socket: Socket) => void): Promise<Front> {
  // By the client's port: the socket that a TLS server shows is another one, which cannot be reset.
  const sockets = new Map<number, Socket>();
  let opened = 0;
  let current: FrontMode = 'open';
  let thaw = Promise.withResolvers<void>();
  thaw.resolve();

  const accept = (socket: Socket) => {
    const port = socket.remotePort ?? 0;
    opened += 1;
    sockets.set(port, socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.get(port) === socket && sockets.delete(port));
    void thaw.promise.then(() => !socket.destroyed && onConnection(socket));
  };
  let server = createServer({ pauseOnConnect: true }, accept);
  const port = await listen(server, 0);
  const stopListening = () => new Promise<void>((resolve) => server.close(() => resolve()));
  const cut = () => {
    for (const socket of sockets.values()) socket.resetAndDestroy();
  };

  return {
    port,
    mode: () => current,
    async set(mode) {
      if (mode === current) return;
      const before = current;
      current = mode;
      if (before === 'silent') thaw.resolve();
      if (mode === 'silent') thaw = Promise.withResolvers();
      if (mode === 'shut') {
        cut();
        await stopListening();
      } else if (before === 'shut') {
        server = createServer({ pauseOnConnect: true }, accept);
        await listen(server, port);
      }
    },
    awake: () => thaw.promise,
    cut,
    reset: (remotePort) => void sockets.get(remotePort ?? 0)?.resetAndDestroy(),
    connections: () => ({ opened, open: sockets.size }),
    async close() {
      current = 'shut';
      thaw.resolve();
      for (const socket of sockets.values()) socket.destroy();
      await stopListening();
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
