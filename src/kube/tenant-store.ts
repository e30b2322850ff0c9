import { randomUUID } from 'node:crypto';
import type { RawObject } from '../job/project.ts';
import type { TenantStore } from '../tenant/ports.ts';
import { storedObject } from './answers.ts';
import { isAlreadyExists, isConflict, isNotFound } from './api-error.ts';
import type { KubeClient } from './client.ts';
import { toExecutorError } from './errors.ts';
import { fieldOwners } from './field-owners.ts';
import * as paths from './paths.ts';
import type { KubeNamespace } from './types.ts';

type Kind = Parameters<TenantStore['get']>[0];

const resources: Readonly<Record<Exclude<Kind, 'Namespace'>, paths.NamespacedResource>> = {
  NetworkPolicy: 'networkpolicies',
  CiliumNetworkPolicy: 'ciliumnetworkpolicies',
  ResourceQuota: 'resourcequotas',
  LimitRange: 'limitranges',
  ServiceAccount: 'serviceaccounts',
};

/** Where all objects of a kind are listed and watched. */
export const everyTenantObject = (kind: Kind): string =>
  kind === 'Namespace' ? paths.clusterWide('namespaces') : paths.everywhere(resources[kind]);

const pathOf = (kind: Kind, namespace: string, name: string): string =>
  kind === 'Namespace'
    ? paths.clusterObject('namespaces', name)
    : paths.object(resources[kind], namespace, name);

/** The one field manager of tenants. */
const fieldManager = 'glip-executor';

const asRaw = (object: object): RawObject => object as RawObject;
const rethrow = (error: unknown): never => {
  throw toExecutorError(error);
};

/** The store of tenants over a real API server. */
export function createTenantStore(client: KubeClient, component: string): TenantStore {
  return {
    get: (kind, namespace, name, signal) =>
      client
        .getObject(pathOf(kind, namespace, name), { signal })
        .then((object) => asRaw(storedObject(object)))
        .catch((error: unknown) => (isNotFound(error) ? undefined : rethrow(error))),
    createNamespace: (namespace, { signal, dryRun }) =>
      client
        .createNamespace(namespace as KubeNamespace, { signal, dryRun })
        .then((object) => asRaw(object))
        .catch((error: unknown) => (isAlreadyExists(error) ? undefined : rethrow(error))),
    async apply(wanted, { signal, version, take, dryRun }) {
      const { namespace, name } = wanted.metadata;
      const body = version === undefined ? wanted : withVersion(wanted, version);
      const options = { signal, fieldManager, force: take, dryRun };
      try {
        const path = pathOf(wanted.kind, namespace ?? name, name);
        const { object, created } = await client.applyObject(path, body, options);
        return { kind: 'stored', object: asRaw(object), created };
      } catch (error) {
        const owners = fieldOwners(error);
        if (owners !== undefined) return { kind: 'owned', owners };
        // With a version: it is another by now, or gone.
        if (version !== undefined && (isConflict(error) || isNotFound(error))) return { kind: 'moved' };
        return rethrow(error);
      }
    },
    deleteNamespace: ({ name, uid }, signal) =>
      client
        .deleteNamespace(name, { uid, signal })
        .then(() => client.getObject(pathOf('Namespace', name, name), { signal }))
        .then((object) => {
          const left = asRaw(storedObject(object));
          return (left.metadata as { uid?: string }).uid === uid ? left : 'gone';
        })
        .catch((error: unknown) => (isNotFound(error) || isConflict(error) ? 'gone' : rethrow(error))),
    async notify({ namespace, type, reason, message }, signal) {
      const now = new Date();
      const about = { apiVersion: 'v1', kind: 'Namespace', name: namespace.name, uid: namespace.uid };
      const event = {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: `${namespace.name}.${randomUUID()}`, namespace: namespace.name },
        // An Event lives in a namespace; this one in the one that it is about, where the tenant's people see it.
        involvedObject: { ...about, namespace: namespace.name },
        type,
        reason,
        message: message.slice(0, 1_000),
        source: { component },
        reportingComponent: component,
        reportingInstance: component,
        firstTimestamp: now.toISOString().replace(/\.\d+Z$/, 'Z'),
        lastTimestamp: now.toISOString().replace(/\.\d+Z$/, 'Z'),
        count: 1,
      };
      await client.createEvent(namespace.name, event, { signal, priority: 'record' });
    },
  };
}

const withVersion = (wanted: { readonly metadata: object }, resourceVersion: string): object => ({
  ...wanted,
  metadata: { ...wanted.metadata, resourceVersion },
});
