import { isRecord } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { formatQuantity, type Quantity, quantityOf } from '../quantity.ts';
import { allResources, type Resource, resourceQuotas } from '../registry/resources.ts';
import type { Store } from '../storage/store.ts';
import { addUsage, quotaViolation, type Usage, usageOf } from './quota.ts';

function inNamespace(store: Store, resource: Resource, namespace: string): readonly KubeObject[] {
  return store.list(resource.plural).filter((object) => object.metadata.namespace === namespace);
}

function hardLimits(quota: KubeObject): Usage {
  const spec = quota.spec;
  const hard = isRecord(spec) && isRecord(spec.hard) ? spec.hard : {};
  return new Map(Object.entries(hard).map(([name, value]) => [name, quantityOf(value)]));
}

function usedIn(store: Store, namespace: string): Usage {
  return allResources
    .filter((resource) => resource.namespaced)
    .flatMap((resource) => inNamespace(store, resource, namespace).map((object) => usageOf(resource, object)))
    .reduce(addUsage, new Map<string, Quantity>());
}

/** Why the namespace's quotas refuse an object, counted over what is there now; undefined when none does. */
export function quotaRefusal(store: Store, resource: Resource, object: KubeObject): string | undefined {
  const namespace = object.metadata.namespace;
  if (namespace === undefined) return undefined;
  const quotas = inNamespace(store, resourceQuotas, namespace);
  if (quotas.length === 0) return undefined;
  const used = usedIn(store, namespace);
  for (const quota of quotas) {
    const refusal = quotaViolation(quota.metadata.name, hardLimits(quota), used, resource, object);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** The status that a quota should show: its limits, and what of them is taken. */
export function quotaStatus(
  store: Store,
  quota: KubeObject,
): { hard: Record<string, string>; used: Record<string, string> } {
  const used = usedIn(store, quota.metadata.namespace ?? '');
  const hard = [...hardLimits(quota)];
  return {
    hard: Object.fromEntries(hard.map(([name, value]) => [name, formatQuantity(value)])),
    used: Object.fromEntries(hard.map(([name]) => [name, formatQuantity(used.get(name) ?? quantityOf('0'))])),
  };
}
