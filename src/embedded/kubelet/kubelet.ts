import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { Delays } from '../delays.ts';
import type { EventRecorder } from '../events.ts';
import { isTerminal, type KubeObject, keyOf, type Pod } from '../objects.ts';
import type { Registry } from '../registry/registry.ts';
import { pods } from '../registry/resources.ts';
import type { Store } from '../storage/store.ts';
import type { Catalogue } from './catalogue.ts';
import type { LogFile } from './log-file.ts';
import type { Logs } from './log-service.ts';
import type { MemoryGuard } from './memory.ts';
import { runPod } from './pod-worker.ts';
import { createReporter } from './reporter.ts';
import { createStopOrder, type StopOrder } from './stop-order.ts';
import type { Watchdog } from './watchdog.ts';

export type KubeletDeps = {
  readonly store: Store;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly delays: Delays;
  readonly recorder: EventRecorder;
  readonly catalogue: Catalogue;
  readonly workDirectory: string;
  /** True keeps the directories of pods that are gone. */
  readonly keepDirectories: boolean;
  readonly memory: MemoryGuard;
  readonly logs: Logs;
  readonly onError: (error: unknown) => void;
};

/** Directory of a pod's volumes, logs and working directory. */
export function podDirectory(workDirectory: string, uid: string): string {
  return join(workDirectory, 'pods', uid);
}

/** Runs the pods of every node on this machine. */
export function startKubelet(deps: KubeletDeps, watchdog: Watchdog): { stop(): Promise<void> } {
  const { store, clock, logs } = deps;
  const workers = new Map<string, { stop: StopOrder; done: Promise<void> }>();
  const lookupIn =
    (namespace: string) =>
    (kind: 'configmaps' | 'secrets', name: string): KubeObject | undefined =>
      store.get(kind, keyOf(namespace, name));

  const forget = async (uid: string): Promise<void> => {
    logs.delete(uid);
    if (!deps.keepDirectories)
      await rm(podDirectory(deps.workDirectory, uid), { recursive: true, force: true });
  };

  const run = async (pod: Pod, stop: StopOrder): Promise<void> => {
    const { uid, namespace = '' } = pod.metadata;
    const directory = podDirectory(deps.workDirectory, uid);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const reporter = createReporter(deps, pod);
    const now = () => clock.now();
    const onLog = (container: string, log: LogFile) => {
      const known = logs.get(uid) ?? new Map<string, LogFile>();
      logs.set(uid, known.set(container, log));
    };
    await runPod({
      ...deps,
      watchdog,
      now,
      pod,
      directory,
      stop,
      reporter,
      lookup: lookupIn(namespace),
      onLog,
    });
  };

  const begin = (pod: Pod): void => {
    const { uid } = pod.metadata;
    const stop = createStopOrder(clock);
    const done = run(pod, stop)
      .catch(deps.onError)
      .finally(async () => {
        workers.delete(uid);
        const current = store.get(pods.plural, keyOf(pod.metadata.namespace, pod.metadata.name));
        if (current?.metadata.uid !== uid) await forget(uid).catch(deps.onError);
      });
    workers.set(uid, { stop, done });
  };

  const unsubscribe = store.subscribe(({ table, type, object }) => {
    if (table !== pods.plural) return;
    const pod = object as Pod;
    const { uid } = pod.metadata;
    const worker = workers.get(uid);
    if (type === 'DELETED') {
      worker?.stop.observe(undefined);
      if (worker === undefined && pod.spec.nodeName !== undefined) void forget(uid).catch(deps.onError);
    } else if (worker !== undefined) worker.stop.observe(pod);
    // A terminal pod without a worker has ended already.
    else if (pod.spec.nodeName !== undefined && !isTerminal(pod)) begin(pod);
  });

  return {
    async stop() {
      unsubscribe();
      for (const { stop } of workers.values()) stop.shutdown();
      await Promise.all([...workers.values()].map(({ done }) => done));
    },
  };
}
