import type { OwnedObject, StepStore } from '../job/ports.ts';
import type { RawObject } from '../job/project.ts';
import { ExecutorError } from '../step/errors.ts';
import { dryObject, objectList, storedObject } from './answers.ts';
import { ApiError, isAlreadyExists, isConflict, isInvalid, isNotFound, isQuotaUsedUp } from './api-error.ts';
import type { KubeClient } from './client.ts';
import { toExecutorError } from './errors.ts';
import * as paths from './paths.ts';
import type { KubeConfigMap, KubeJob, KubePod } from './types.ts';

const ownedBy: Readonly<Record<OwnedObject['kind'], paths.NamespacedResource>> = {
  PodDisruptionBudget: 'poddisruptionbudgets',
  NetworkPolicy: 'networkpolicies',
  CiliumNetworkPolicy: 'ciliumnetworkpolicies',
};

const uidSelector = (uid: string): string => `batch.kubernetes.io/controller-uid=${uid}`;

/** A name that is taken and, at the next look, is not: seldom once, and never for long. */
const createAttempts = 3;

/** The store of steps over a real API server. */
export function createStepStore(client: KubeClient): StepStore {
  const owned = async (
    namespace: string,
    name: string,
    owners: readonly object[],
    signal: AbortSignal,
  ): Promise<void> => {
    const there = storedObject(await client.getConfigMap(namespace, name, { signal }));
    const wanted = JSON.stringify(owners.map((o) => (o as { uid?: string }).uid));
    if (JSON.stringify((there.metadata?.ownerReferences ?? []).map((o) => o.uid)) === wanted) return;
    // Left over by an earlier Job of the same step: the garbage collector would take it away under the new one.
    const patch = { metadata: { ownerReferences: owners } };
    await client.patchConfigMap(namespace, name, patch, { signal, priority: 'complete' });
  };

  return {
    createJob: (namespace, job, signal) =>
      client
        .createJob(namespace, job as KubeJob, { signal })
        .then(asStored)
        .catch((error: unknown) => {
          if (isAlreadyExists(error)) return undefined;
          throw translated(error, namespace);
        }),
    dryRunJob: (namespace, job, signal) =>
      withWarnings(namespace, (onWarning) =>
        client.createJob(namespace, job as KubeJob, { signal, dryRun: true, onWarning }),
      ),
    dryRunPod: (namespace, pod, signal) =>
      withWarnings(namespace, (onWarning) =>
        client
          .createPod(namespace, pod as KubePod, { signal, dryRun: true, onWarning })
          .catch((error: unknown) => {
            if (isQuotaUsedUp(error)) return pod;
            throw error;
          }),
      ),
    getJob: (namespace, name, signal) =>
      client
        .getJob(namespace, name, { signal })
        .then(asStored)
        .catch((error: unknown) => {
          if (isNotFound(error)) return undefined;
          throw translated(error, namespace);
        }),
    async listJobs(namespace, labelSelector, pick, signal) {
      const picked: ReturnType<typeof pick>[] = [];
      let token: string | undefined;
      do {
        const page = await client
          .listJobs(namespace, { labelSelector, limit: 500, continue: token, signal })
          .then(objectList)
          .catch(rethrow(namespace));
        picked.push(...page.items.map((job) => pick(asRaw(job))));
        token = page.metadata.continue || undefined;
      } while (token !== undefined);
      return picked;
    },
    patchJob: (namespace, name, patch, signal, priority, onRefused) =>
      client
        .patchJob(namespace, name, patch as never, { signal, priority })
        .then(asStored)
        .catch(refusedOrThrow(namespace, onRefused)),
    patchPod: (namespace, name, patch, signal, priority) =>
      client
        .patchPod(namespace, name, patch as never, { signal, priority })
        .then(asStored)
        .catch(refusedOrThrow(namespace)),
    deletePod: ({ namespace, name, uid }, gracePeriodSeconds, signal, resourceVersion) =>
      client
        .deletePod(namespace, name, {
          uid,
          resourceVersion,
          gracePeriodSeconds,
          priority: 'cancel',
          signal,
        })
        .then((left) => (isPodOf(left, uid) ? asRaw(left) : undefined))
        .catch((error: unknown) => {
          // Gone, or another pod of this name by now, or another version of it.
          if (isNotFound(error) || isConflict(error)) return undefined;
          throw translated(error, namespace);
        }),
    listPods: (namespace, uid, signal) =>
      client
        .listPods(namespace, { labelSelector: uidSelector(uid), signal })
        .then((list) => objectList(list).items.map(asRaw))
        .catch(rethrow(namespace)),
    listEvents: (namespace, uid, signal) =>
      client
        .listEvents(namespace, uid, { signal })
        .then((events) => events.map(asRaw))
        .catch(rethrow(namespace)),
    ensureOwned: (namespace, object, signal) =>
      client
        .createObject(paths.inNamespace(ownedBy[object.kind], namespace), object, {
          signal,
          priority: 'complete',
        })
        .then(storedObject)
        .then(() => undefined)
        .catch((error: unknown) => {
          if (!isAlreadyExists(error)) throw translated(error, namespace);
        }),
    dryRunOwned: (namespace, object, signal) =>
      withWarnings(namespace, (onWarning) =>
        client.createObject(paths.inNamespace(ownedBy[object.kind], namespace), object, {
          signal,
          dryRun: true,
          onWarning,
        }),
      ),
    async ensureConfigMap(namespace, configMap, signal) {
      const { name, ownerReferences } = configMap.metadata;
      for (let attempt = 1; ; attempt += 1) {
        try {
          const options = { signal, priority: 'complete' } as const;
          storedObject(await client.createConfigMap(namespace, configMap as KubeConfigMap, options));
          return;
        } catch (error) {
          if (!isAlreadyExists(error)) throw translated(error, namespace);
        }
        try {
          return await owned(namespace, name, ownerReferences, signal);
        } catch (error) {
          // The garbage collector took the one that was left over: now the name is free.
          if (attempt === createAttempts || !isNotFound(error)) throw translated(error, namespace);
        }
      }
    },
  };
}

const asRaw = (object: object): RawObject => object as RawObject;
const asStored = (object: object): RawObject => asRaw(storedObject(object));

/** An object that goes at once is answered, too: as it was, or by a Status. One that stays has time left. */
function isPodOf(left: object, uid: string): boolean {
  const { metadata } = left as KubePod;
  return metadata?.uid === uid && (metadata.deletionGracePeriodSeconds ?? 0) > 0;
}

/** A test of the patch failed, or the object is gone. */
const refusedOrThrow =
  (namespace: string, onRefused: (words: string) => void = () => undefined) =>
  (error: unknown): 'refused' => {
    if (!isInvalid(error) && !isNotFound(error)) throw translated(error, namespace);
    onRefused(error.statusMessage);
    return 'refused';
  };

const rethrow =
  (namespace: string) =>
  (error: unknown): never => {
    throw translated(error, namespace);
  };

async function withWarnings(namespace: string, call: (onWarning: (text: string) => void) => Promise<object>) {
  const warnings: string[] = [];
  const object = await call((text) => warnings.push(text))
    .then(dryObject)
    .catch(rethrow(namespace));
  return { object: asRaw(object), warnings };
}

/** A missing namespace is a tenant that nobody has laid down here. */
function translated(error: unknown, namespace: string): ExecutorError {
  const missing = error instanceof ApiError && error.status === 404 && error.details.kind === 'namespaces';
  if (!missing) return toExecutorError(error);
  return new ExecutorError({
    code: 'NOT_FOUND',
    reason: 'TENANT_UNKNOWN',
    message: `the tenant has no namespace ${namespace} in this cluster; create it, or correct the tenant`,
    metadata: { namespace },
    cause: error,
  });
}
