import { quotaStatus } from '../admission/namespace-quota.ts';
import type { Clock } from '../clock.ts';
import { sameJson } from '../json.ts';
import { keyOf } from '../objects.ts';
import type { Registry } from '../registry/registry.ts';
import { resourceQuotas } from '../registry/resources.ts';
import type { Store } from '../storage/store.ts';
import { createWorkQueue } from '../work-queue.ts';

/** Keeps the status of every quota. Admission does not rest on it: that counts for itself. */
export function startQuotaController(deps: {
  readonly store: Store;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}): { stop(): void } {
  const { store, registry, clock } = deps;

  const queue = createWorkQueue(clock, (namespace) => {
    for (const quota of store.list(resourceQuotas.plural)) {
      if (quota.metadata.namespace !== namespace) continue;
      const status = quotaStatus(store, quota);
      if (sameJson(quota.status, status)) continue;
      try {
        registry.update(
          resourceQuotas,
          namespace,
          quota.metadata.name,
          (current) => ({ ...current, status }),
          { trusted: true },
        );
      } catch (error) {
        deps.onError(error);
      }
    }
  });

  const hasQuota = (namespace: string) =>
    store.list(resourceQuotas.plural).some(({ metadata }) => metadata.namespace === namespace);

  const unsubscribe = store.subscribe(({ table, key, object }) => {
    const { namespace } = object.metadata;
    if (namespace === undefined || table === 'events') return;
    const gone = table === resourceQuotas.plural && store.get(table, keyOf(namespace, key)) === undefined;
    if (hasQuota(namespace) || gone) queue.add(namespace);
  });

  return {
    stop() {
      unsubscribe();
      queue.stop();
    },
  };
}
