import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { etcdDirectory, type Layout } from './flags.ts';
import { componentNames, type Processes } from './processes.ts';

/**
 * Copies etcd's data while etcd stands still, which is what a crash would leave. The answer restores it: everything that holds a view of
 * the store is ended first, since none of it expects the store to go back, and `ready` waits for the API server.
 */
export async function backUp(
  layout: Layout,
  processes: Processes,
  ready: () => Promise<void>,
): Promise<() => Promise<void>> {
  const data = etcdDirectory(layout);
  const copy = join(layout.directory, 'etcd-backup');
  processes.signal('etcd', 'SIGSTOP');
  try {
    await rm(copy, { recursive: true, force: true });
    await cp(data, copy, { recursive: true });
  } finally {
    processes.signal('etcd', 'SIGCONT');
  }
  return async () => {
    await processes.endAll();
    await rm(data, { recursive: true });
    await cp(copy, data, { recursive: true });
    await Promise.all([processes.start('etcd'), processes.start('kube-apiserver')]);
    await ready();
    const others = componentNames.filter((name) => name !== 'etcd' && name !== 'kube-apiserver');
    await Promise.all(others.map(processes.start));
  };
}
