import type { CanaryPod } from '../cli/check/egress/judge.ts';
import { type CanaryObject, canaryLabel } from '../cli/check/egress/objects.ts';
import type { CanaryPort } from '../cli/check/egress/port.ts';
import { type KeptVerdict, keptAt, printKept, readKept } from '../cli/check/egress/verdict.ts';
import { record, text, time } from '../job/raw.ts';
import { isAlreadyExists, isNotFound } from '../kube/api-error.ts';
import type { KubeClient } from '../kube/client.ts';
import * as paths from '../kube/paths.ts';
import { createReflector } from '../kube/reflector.ts';
import type { Transport } from '../kube/transport-types.ts';
import { canaryPod } from './canary-pod.ts';

const collectionOf = (kind: CanaryObject['kind'], namespace: string): string => {
  switch (kind) {
    case 'Namespace':
      return paths.clusterWide('namespaces');
    case 'ServiceAccount':
      return paths.inNamespace('serviceaccounts', namespace);
    case 'NetworkPolicy':
      return paths.inNamespace('networkpolicies', namespace);
    case 'Pod':
      return paths.inNamespace('pods', namespace);
    default: {
      const never: never = kind;
      return never;
    }
  }
};

/** The canary's cluster, over a real API server. */
export function createCanaryPort(client: KubeClient, transport: Transport): CanaryPort {
  return {
    async namespaces(signal) {
      const { items } = await client.listNamespaces({ labelSelector: `${canaryLabel}=true`, signal });
      return items.flatMap(({ metadata }) =>
        metadata?.deletionTimestamp === undefined
          ? [{ name: text(metadata?.name), createTime: time(metadata?.creationTimestamp) ?? 0 }]
          : [],
      );
    },
    create: (namespace, object, signal) =>
      client
        .createObject(collectionOf(object.kind, namespace), object, { signal })
        .then(() => undefined)
        // Names are this check's alone: the answer to the first attempt was lost.
        .catch(unless(isAlreadyExists)),
    deleteNamespace: (name, signal) =>
      client
        .deleteNamespace(name, { signal })
        .then(() => undefined)
        .catch(unless(isNotFound)),
    follow(namespace, onPod) {
      const told = (pod: CanaryPod | undefined) => pod && onPod(pod);
      const reflector = createReflector<CanaryPod | undefined>({
        transport,
        path: paths.inNamespace('pods', namespace),
        labelSelector: canaryLabel,
        project: (object) => canaryPod(object as never, false),
        onDelta: ({ type, object }) => told(object && { ...object, gone: type === 'deleted' }),
      });
      reflector.synced.catch(() => undefined);
      reflector.start();
      return { stop: reflector.stop };
    },
    async keep(verdict, signal) {
      const { namespace, name, key } = keptAt;
      const data = { [key]: printKept(verdict) };
      await client
        .createNamespace({ metadata: { name: namespace } }, { signal })
        .catch(unless(isAlreadyExists));
      await client
        .createConfigMap(namespace, { metadata: { name }, data }, { signal })
        .catch((error: unknown) => {
          if (!isAlreadyExists(error)) throw error;
          return client.patchConfigMap(namespace, name, { data }, { signal });
        });
    },
    now: Date.now,
  };
}

/** The last verdict that a canary has left; undefined where there is none. */
export async function keptVerdict(
  client: Pick<KubeClient, 'getConfigMap'>,
  signal?: AbortSignal,
): Promise<KeptVerdict | undefined> {
  const { namespace, name, key } = keptAt;
  const map = await client.getConfigMap(namespace, name, { signal }).catch(unless(isNotFound));
  return readKept(text(record(map?.data)[key]));
}

const unless =
  (is: (error: unknown) => boolean) =>
  (error: unknown): undefined => {
    if (!is(error)) throw error;
    return undefined;
  };
