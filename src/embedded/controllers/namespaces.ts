import type { Clock } from '../clock.ts';
import type { Delays } from '../delays.ts';
import type { Registry } from '../registry/registry.ts';
import { allResources, namespaces, serviceAccounts } from '../registry/resources.ts';
import type { Store } from '../storage/store.ts';
import { createWorkQueue } from '../work-queue.ts';

/** Gives each new namespace its default service account, and empties a namespace that is being deleted before letting it go. */
export function startNamespaceController(deps: {
  readonly store: Store;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly delays: Delays;
  readonly onError: (error: unknown) => void;
}): { stop(): void } {
  const { store, registry, clock, delays } = deps;

  const content = (namespace: string) =>
    allResources
      .filter((resource) => resource.namespaced)
      .flatMap((resource) => store.list(resource.plural).map((object) => ({ resource, object })))
      .filter(({ object }) => object.metadata.namespace === namespace);

  const empty = (name: string): void => {
    for (const { resource, object } of content(name)) {
      if (object.metadata.deletionTimestamp !== undefined) continue;
      registry.delete(resource, name, object.metadata.name, { propagationPolicy: 'Background' });
    }
    if (content(name).length > 0) {
      queue.add(name, Math.max(delays.collect, 10) * 10);
      return;
    }
    registry.update(namespaces, undefined, name, (current) => ({ ...current, spec: { finalizers: [] } }), {
      trusted: true,
    });
  };

  const attend = (name: string): void => {
    const namespace = store.get(namespaces.plural, name);
    if (namespace === undefined) return;
    if (namespace.metadata.deletionTimestamp !== undefined) empty(name);
    else if (store.get(serviceAccounts.plural, `${name}/default`) === undefined) {
      registry.create(serviceAccounts, name, { metadata: { name: 'default' } });
    }
  };

  const queue = createWorkQueue(clock, (name) => {
    try {
      attend(name);
    } catch (error) {
      deps.onError(error);
      queue.add(name, 1_000);
    }
  });

  const unsubscribe = store.subscribe(({ table, type, key, object }) => {
    if (table === namespaces.plural && type !== 'DELETED') queue.add(key);
    // The account comes back when somebody deletes it, as on a real cluster.
    if (table === serviceAccounts.plural && type === 'DELETED')
      queue.add(object.metadata.namespace ?? '', delays.collect);
  });

  return {
    stop() {
      unsubscribe();
      queue.stop();
    },
  };
}
