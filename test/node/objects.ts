import type { Step } from '../../gen/glip/executor/v1/step_pb.js';
import type { TestCluster } from '../support/cluster.ts';
import { must } from '../support/tenants.ts';

type Cluster = Pick<TestCluster, 'request'>;

export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
  };
  readonly status: {
    readonly containerStatuses?: readonly { readonly name: string; readonly containerID: string }[];
  };
}

const podPath = ({ metadata }: Pod): string =>
  `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;

/** The pod of a step, as the API server has it now. */
export const podOf = (cluster: Cluster, { pod }: Step): Promise<Pod> =>
  must(cluster, 'GET', `/api/v1/namespaces/${pod?.namespace}/pods/${pod?.name}`);

export const deletePod = (cluster: Cluster, pod: Pod, options: object = {}) =>
  must(cluster, 'DELETE', podPath(pod), { apiVersion: 'v1', kind: 'DeleteOptions', ...options });

export const evictPod = (cluster: Cluster, pod: Pod) =>
  must(cluster, 'POST', `${podPath(pod)}/eviction`, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: pod.metadata.name, namespace: pod.metadata.namespace },
  });

export const deleteJob = (cluster: Cluster, { job }: Step) =>
  must(cluster, 'DELETE', `/apis/batch/v1/namespaces/${job?.namespace}/jobs/${job?.name}`, {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    propagationPolicy: 'Background',
  });

export const patchNode = (cluster: Cluster, name: string, spec: object) =>
  must(cluster, 'PATCH', `/api/v1/nodes/${name}`, { spec });
