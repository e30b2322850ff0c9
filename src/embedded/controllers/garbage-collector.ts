import type { Clock } from '../clock.ts';
import type { Delays } from '../delays.ts';
import { type KubeObject, keyOf, objectKey } from '../objects.ts';
import { FOREGROUND, ORPHAN } from '../registry/deletion.ts';
import type { Registry } from '../registry/registry.ts';
import { allResources, type Resource } from '../registry/resources.ts';
import type { Store } from '../storage/store.ts';
import { createWorkQueue } from '../work-queue.ts';

type Located = { readonly resource: Resource; readonly object: KubeObject };

function resourceOf(plural: string): Resource | undefined {
  return allResources.find((resource) => resource.plural === plural);
}

function without(finalizer: string): (object: KubeObject) => KubeObject {
  return (object) => {
    const { finalizers = [], ...metadata } = object.metadata;
    const rest = finalizers.filter((name) => name !== finalizer);
    return { ...object, metadata: rest.length > 0 ? { ...metadata, finalizers: rest } : metadata };
  };
}

/**
 * Deletes what belongs to objects that are gone, or are going; honours the foreground and orphan finalizers. Dependents of an object
 * that is held back by somebody's finalizer go all the same.
 */
export function startGarbageCollector(deps: {
  readonly store: Store;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly delays: Delays;
  readonly onError: (error: unknown) => void;
}): { stop(): void } {
  const { store, registry, clock, delays } = deps;
  /** Keys (`plural namespace/name`) of the objects that name an owner, by the owner's uid. */
  const dependents = new Map<string, Set<string>>();

  const locate = (address: string): Located | undefined => {
    const [plural = '', key = ''] = address.split(' ');
    const resource = resourceOf(plural);
    const object = store.get(plural, key);
    return resource === undefined || object === undefined ? undefined : { resource, object };
  };

  const dependentsOf = (uid: string): Located[] =>
    [...(dependents.get(uid) ?? [])].flatMap((address) => locate(address) ?? []);

  const orphan = (owner: KubeObject): void => {
    for (const { resource, object } of dependentsOf(owner.metadata.uid)) {
      const disown = (current: KubeObject) => {
        const { ownerReferences = [], ...metadata } = current.metadata;
        const rest = ownerReferences.filter(({ uid }) => uid !== owner.metadata.uid);
        return { ...current, metadata: rest.length > 0 ? { ...metadata, ownerReferences: rest } : metadata };
      };
      registry.update(resource, object.metadata.namespace, object.metadata.name, disown, { trusted: true });
    }
  };

  const collect = ({ resource, object }: Located): void => {
    if (object.metadata.deletionTimestamp !== undefined) return;
    const { namespace, name, uid } = object.metadata;
    registry.delete(resource, namespace, name, { uid, propagationPolicy: 'Background' });
  };

  const finalizeOwner = ({ resource, object }: Located): void => {
    const { finalizers = [], namespace, name, uid } = object.metadata;
    if (finalizers.includes(ORPHAN)) {
      orphan(object);
      registry.update(resource, namespace, name, without(ORPHAN), { trusted: true });
      return;
    }
    const blocking = () =>
      dependentsOf(uid).filter(({ object: { metadata } }) =>
        metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true),
      );
    for (const dependent of dependentsOf(uid)) collect(dependent);
    if (finalizers.includes(FOREGROUND) && blocking().length === 0) {
      registry.update(resource, namespace, name, without(FOREGROUND), { trusted: true });
    }
  };

  /** An owner exists when an object of that name, in the same namespace or in none, has that uid. */
  const ownerExists = (object: KubeObject, owner: { kind: string; name: string; uid: string }): boolean => {
    const resource = allResources.find(({ kind }) => kind === owner.kind);
    if (resource === undefined) return true;
    const key = keyOf(resource.namespaced ? object.metadata.namespace : undefined, owner.name);
    return store.get(resource.plural, key)?.metadata.uid === owner.uid;
  };

  const attend = (address: string): void => {
    const located = locate(address);
    if (located === undefined) return;
    const { ownerReferences = [], deletionTimestamp } = located.object.metadata;
    if (deletionTimestamp !== undefined) finalizeOwner(located);
    else if (
      ownerReferences.length > 0 &&
      !ownerReferences.some((owner) => ownerExists(located.object, owner))
    )
      collect(located);
  };

  const queue = createWorkQueue(clock, (address) => {
    try {
      attend(address);
    } catch (error) {
      deps.onError(error);
      queue.add(address, 1_000);
    }
  });

  const unsubscribe = store.subscribe(({ table, type, object }) => {
    if (table === 'events') return;
    const address = `${table} ${objectKey(object)}`;
    for (const owner of object.metadata.ownerReferences ?? []) {
      const known = dependents.get(owner.uid) ?? new Set();
      if (type === 'DELETED') known.delete(address);
      else known.add(address);
      if (known.size > 0) dependents.set(owner.uid, known);
      else dependents.delete(owner.uid);
      if (type === 'DELETED') {
        const resource = allResources.find(({ kind }) => kind === owner.kind);
        const key = keyOf(resource?.namespaced === true ? object.metadata.namespace : undefined, owner.name);
        if (resource !== undefined) queue.add(`${resource.plural} ${key}`, delays.collect);
      }
    }
    if (type === 'DELETED') {
      for (const dependent of dependents.get(object.metadata.uid) ?? []) queue.add(dependent, delays.collect);
    } else if (
      object.metadata.deletionTimestamp !== undefined ||
      (type === 'ADDED' && object.metadata.ownerReferences !== undefined)
    ) {
      queue.add(address, delays.collect);
    }
  });

  return {
    stop() {
      unsubscribe();
      queue.stop();
    },
  };
}
