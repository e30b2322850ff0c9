import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { isLoopbackAddress } from './api/guard.ts';
import { createHandler } from './api/handler.ts';
import { systemClock } from './clock.ts';
import { startGarbageCollector } from './controllers/garbage-collector.ts';
import { startNamespaceController } from './controllers/namespaces.ts';
import { startQuotaController } from './controllers/quotas.ts';
import { resolveDelays } from './delays.ts';
import { createEventRecorder } from './events.ts';
import { startJobController } from './job-controller/controller.ts';
import { startKubelet } from './kubelet/kubelet.ts';
import { type Logs, serveLog } from './kubelet/log-service.ts';
import { createMemoryGuard } from './kubelet/memory.ts';
import { startWatchdog } from './kubelet/watchdog.ts';
import { DEFAULT_NODES, nodeObject } from './node-objects.ts';
import type { EmbeddedClusterOptions } from './options.ts';
import { createRegistry } from './registry/registry.ts';
import { namespaces, nodes } from './registry/resources.ts';
import { startScheduler } from './scheduler/scheduler.ts';
import { createStore } from './storage/store.ts';

/** Where the cluster answers, and the bearer token without which it does not. */
export type Address = { readonly server: string; readonly token: string };

/**
 * A small Kubernetes in this process: its API over HTTP on loopback, and agents as local processes. Everything it knows is in memory
 * and gone with `stop`. Start once; stop resolves when no agent is left.
 */
export type EmbeddedCluster = { start(): Promise<Address>; stop(): Promise<void> };

const SYSTEM_NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

export function createEmbeddedCluster(options: EmbeddedClusterOptions): EmbeddedCluster {
  const { workDirectory, host = '127.0.0.1', port = 0, keepDirectories = false } = options;
  const clock = options.clock ?? systemClock;
  const delays = resolveDelays(options.delays ?? 'real');
  const onError = options.onError ?? (() => undefined);
  const store = createStore(options.historyLimit ?? 10_000);
  const registry = createRegistry({ store, clock });
  const logs: Logs = new Map();
  const token = randomBytes(32).toString('base64url');
  const shared = { store, registry, clock, delays, onError };
  let closers: (() => Promise<void> | void)[] = [];
  let starting: Promise<Address> | undefined;

  const handler = createHandler({
    ...shared,
    token,
    bookmarkInterval: options.bookmarkInterval ?? 60_000,
    watchBuffer: options.watchBuffer ?? 4 * 1024 * 1024,
    streamingLists: options.streamingLists ?? true,
    serveLog: (exchange, namespace, pod) =>
      serveLog({ store, logs, now: () => clock.now() }, exchange, namespace, pod),
  });

  const listen = async (): Promise<Server> => {
    // A watch may be idle for long; a request's head and body may not.
    const server = createServer(
      { keepAliveTimeout: 75_000 },
      (request, response) => void handler(request, response),
    );
    server.listen(port, host);
    await once(server, 'listening');
    return server;
  };

  const open = async (): Promise<Address> => {
    if (!isLoopbackAddress(host))
      throw new Error(`the embedded cluster listens only on loopback, not on ${host}`);
    await mkdir(workDirectory, { recursive: true });
    if (!keepDirectories) await rm(join(workDirectory, 'pods'), { recursive: true, force: true });
    const server = await listen();
    const watchdog = startWatchdog();
    const recorder = createEventRecorder(shared);
    const memory = createMemoryGuard();
    const kubelet = startKubelet(
      { ...shared, ...options, keepDirectories, clock, delays, onError, recorder, memory, logs },
      watchdog,
    );
    const parts = [
      startNamespaceController(shared),
      startGarbageCollector(shared),
      startQuotaController(shared),
      startScheduler({ ...shared, recorder }),
      startJobController({ ...shared, recorder }),
    ];
    closers = [
      ...parts.map((part) => () => part.stop()),
      () => recorder.stop(),
      () => kubelet.stop(),
      () => watchdog.stop(),
      async () => {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      },
    ];
    for (const name of SYSTEM_NAMESPACES) registry.create(namespaces, undefined, { metadata: { name } });
    for (const node of options.nodes ?? DEFAULT_NODES)
      registry.create(nodes, undefined, nodeObject(node, clock.now()));
    const { port: bound, family, address } = server.address() as AddressInfo;
    return { server: `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`, token };
  };

  return {
    start() {
      starting ??= open();
      return starting;
    },
    async stop() {
      await starting?.catch(() => undefined);
      const closing = closers;
      closers = [];
      for (const close of closing) await close();
    },
  };
}
