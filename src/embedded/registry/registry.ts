import { randomUUID } from 'node:crypto';
import { quotaRefusal } from '../admission/namespace-quota.ts';
import { enforcePodSecurity, mutatePod } from '../admission/pod-admission.ts';
import { takeOwnership } from '../apply/apply.ts';
import { type Clock, timestamp } from '../clock.ts';
import { sameJson } from '../json.ts';
import { type KubeObject, keyOf, objectKey, type Pod } from '../objects.ts';
import { generateName } from '../random-name.ts';
import {
  ApiError,
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  invalid,
  MODIFIED_SINCE,
  notFound,
  preconditionFailed,
} from '../status.ts';
import type { Store } from '../storage/store.ts';
import { validateMetadata, validateMetadataUpdate } from '../validation/metadata.ts';
import { type DeleteOptions, isReleased, planDeletion } from './deletion.ts';
import { parseObject, placeIn } from './draft.ts';
import { namespaces, type Resource } from './resources.ts';
import { strategies } from './strategy.ts';

export type WriteOptions = {
  readonly dryRun?: boolean;
  readonly subresource?: 'status';
  /** The cluster's own controllers write what users may not: a node name, a status. Not validated. */
  readonly trusted?: boolean;
  /** Who writes, as it calls itself. */
  readonly manager?: string;
  /** The change has settled who owns what. */
  readonly applied?: boolean;
};

/** The rules of the API over the store. Everything is synchronous, so no two writes can interleave. Refusals are thrown. */
export type Registry = {
  get(resource: Resource, namespace: string | undefined, name: string): KubeObject;
  create(
    resource: Resource,
    namespace: string | undefined,
    body: unknown,
    options?: WriteOptions,
  ): KubeObject;
  /** `change` returns the new object and leaves the current one as it is. An unchanged object is not written. */
  update(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    change: (current: KubeObject) => unknown,
    options?: WriteOptions,
  ): KubeObject;
  delete(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    options?: DeleteOptions,
  ): { gone: boolean; object: KubeObject };
};

/** Kinds whose spec has generations. */
const COUNTED = new Set(['jobs', 'networkpolicies', 'pods', 'priorityclasses']);

export function createRegistry(deps: { readonly store: Store; readonly clock: Clock }): Registry {
  const { store, clock } = deps;

  const get: Registry['get'] = (resource, namespace, name) => {
    const object = store.get(resource.plural, keyOf(resource.namespaced ? namespace : undefined, name));
    if (object === undefined) throw notFound(resource, name);
    return object;
  };

  const read = (resource: Resource, body: unknown): KubeObject => {
    const object = parseObject(resource, body);
    const misread = strategies[resource.plural]?.misread?.(object);
    if (misread === undefined) return object;
    const { kind, version } = resource;
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${misread}`);
  };

  /** The namespace that a new object goes into: it must be there, and not on its way out. */
  const openNamespace = (resource: Resource, object: KubeObject): KubeObject | undefined => {
    if (!resource.namespaced) return undefined;
    const name = object.metadata.namespace ?? '';
    const namespace = store.get(namespaces.plural, name);
    if (namespace === undefined) throw notFound(namespaces, name);
    if (namespace.metadata.deletionTimestamp === undefined || resource.plural === 'events') return namespace;
    const why = `unable to create new content in namespace ${name} because it is being terminated`;
    const refusal = forbidden(resource, object.metadata.name, why);
    const causes = [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${name} is being terminated`,
        field: 'metadata.namespace',
      },
    ];
    throw new ApiError(403, 'Forbidden', refusal.message, { ...refusal.status.details, causes });
  };

  const stamp = (resource: Resource, object: KubeObject): void => {
    const { metadata } = object;
    // The real server has no reason for this one either.
    if (metadata.resourceVersion !== '') {
      throw new ApiError(500, '', 'resourceVersion should not be set on objects to be created');
    }
    if (metadata.name === '' && metadata.generateName !== undefined)
      metadata.name = generateName(metadata.generateName);
    delete metadata.deletionTimestamp;
    delete metadata.deletionGracePeriodSeconds;
    delete metadata.generation;
    metadata.uid = randomUUID();
    metadata.creationTimestamp = timestamp(clock.now());
    if (COUNTED.has(resource.plural)) metadata.generation = 1;
  };

  const refuse = (resource: Resource, object: KubeObject, errors: Parameters<typeof invalid>[3]): void => {
    if (errors.length > 0) throw invalid(resource.kind, resource.group, object.metadata.name, errors);
  };

  const checkPreconditions = (resource: Resource, object: KubeObject, options: DeleteOptions): void => {
    const { name, uid, resourceVersion } = object.metadata;
    if (options.uid !== undefined && options.uid !== uid) {
      const why = `the UID in the precondition (${options.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
      throw preconditionFailed(resource, name, why);
    }
    if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion) {
      const why = `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
      throw preconditionFailed(resource, name, why);
    }
  };

  /** What may not be changed by an update is taken from the current object, whatever the new one says. */
  const merge = (
    resource: Resource,
    current: KubeObject,
    wanted: KubeObject,
    { subresource, trusted }: WriteOptions,
  ): KubeObject => {
    const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation } =
      current.metadata;
    const {
      deletionTimestamp: _gone,
      deletionGracePeriodSeconds: _grace,
      generation: _old,
      ...rest
    } = wanted.metadata;
    const metadata = {
      ...rest,
      uid,
      creationTimestamp,
      resourceVersion: current.metadata.resourceVersion,
      ...(generation === undefined ? {} : { generation }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }),
    };
    const merged: KubeObject = { ...wanted, metadata };
    if (trusted === true) return merged;
    if (resource.status) {
      const fixed = subresource === 'status' ? 'spec' : 'status';
      if (current[fixed] !== undefined) merged[fixed] = current[fixed];
      else delete merged[fixed];
    }
    if (generation !== undefined && !sameJson(current.spec, merged.spec))
      merged.metadata.generation = generation + 1;
    return merged;
  };

  return {
    get,

    create(resource, namespace, body, options = {}) {
      const object = read(resource, body);
      placeIn(resource, object, namespace);
      const within = openNamespace(resource, object);
      stamp(resource, object);
      const strategy = strategies[resource.plural];
      strategy?.prepare?.(object, clock.now());
      if (resource.plural === 'pods' && Array.isArray((object as Pod).spec?.containers))
        mutatePod(store, object as Pod);
      refuse(resource, object, [
        ...validateMetadata(resource, object),
        ...(strategy?.validate?.(object) ?? []),
      ]);
      if (within !== undefined && resource.plural === 'pods') enforcePodSecurity(within, object as Pod);
      if (store.get(resource.plural, objectKey(object)) !== undefined)
        throw alreadyExists(resource, object.metadata.name);
      const refusal = resource.plural === 'events' ? undefined : quotaRefusal(store, resource, object);
      if (refusal !== undefined) throw forbidden(resource, object.metadata.name, refusal);
      if (options.dryRun === true) {
        const { resourceVersion: _none, ...metadata } = object.metadata;
        return { ...object, metadata: metadata as KubeObject['metadata'] };
      }
      return store.put(resource.plural, object);
    },

    update(resource, namespace, name, change, options = {}) {
      const current = get(resource, namespace, name);
      const wanted = read(resource, change(current));
      placeIn(resource, wanted, namespace);
      const { metadata } = wanted;
      if (metadata.name !== name) {
        throw badRequest(
          `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
        );
      }
      if (metadata.uid !== '' && metadata.uid !== current.metadata.uid) {
        const why = `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${current.metadata.uid}`;
        throw conflict(resource, name, why);
      }
      const version = metadata.resourceVersion;
      if (version !== '' && version !== current.metadata.resourceVersion)
        throw conflict(resource, name, MODIFIED_SINCE);
      const object = merge(resource, current, wanted, options);
      if (options.trusted !== true && options.applied !== true)
        takeOwnership(current, object, options.manager ?? 'unknown', timestamp(clock.now()));
      if (options.trusted !== true) {
        const validate = options.subresource === undefined ? strategies[resource.plural] : undefined;
        refuse(resource, object, [
          ...validateMetadata(resource, object),
          ...validateMetadataUpdate(object, current),
          ...(validate?.validate?.(object) ?? []),
          ...(validate?.validateUpdate?.(object, current) ?? []),
        ]);
      }
      if (options.dryRun === true || sameJson(object, current)) return object;
      const stored = store.put(resource.plural, object);
      return isReleased(stored) ? store.remove(resource.plural, stored) : stored;
    },

    delete(resource, namespace, name, options = {}) {
      const current = get(resource, namespace, name);
      checkPreconditions(resource, current, options);
      const plan = planDeletion(resource, current, options, clock.now());
      if (options.dryRun === true) return plan;
      const graceful = (current.metadata.deletionGracePeriodSeconds ?? 0) > 0;
      const kept =
        plan.gone && !graceful
          ? plan.object
          : sameJson(plan.object, current)
            ? current
            : store.put(resource.plural, plan.object);
      return { gone: plan.gone, object: plan.gone ? store.remove(resource.plural, kept) : kept };
    },
  };
}
