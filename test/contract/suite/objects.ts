import type { Step } from '../../../gen/glip/executor/v1/step_pb.js';
import { annotation, attemptsSelector } from '../../../src/job/metadata.ts';
import { readRecord, type StepRecord } from '../../../src/job/record.ts';
import type { StepKey } from '../../../src/step/key.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { annotationPrefix } from '../../support/control-plane/behaviour.ts';
import { must } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';

type Cluster = Pick<TestCluster, 'request'>;

const jobPath = ({ job }: Step): string => `/apis/batch/v1/namespaces/${job?.namespace}/jobs/${job?.name}`;

/** The step's Job as the API server has it now. */
export const getJob = (cluster: Cluster, step: Step) => must(cluster, 'GET', jobPath(step));

/** Deletes the Job as `kubectl delete` does. */
export const deleteJob = (cluster: Cluster, step: Step) =>
  must(cluster, 'DELETE', jobPath(step), {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    propagationPolicy: 'Background',
  });

export const patchJob = (cluster: Cluster, step: Step, patch: object) =>
  must(cluster, 'PATCH', jobPath(step), patch);

/** Pods of the step's Job that are there now. */
export async function getPods(cluster: Cluster, { job }: Step): Promise<readonly Pod[]> {
  const selector = `batch.kubernetes.io/controller-uid=${job?.uid}`;
  const path = `/api/v1/namespaces/${job?.namespace}/pods?labelSelector=${encodeURIComponent(selector)}`;
  return (await must(cluster, 'GET', path)).items;
}

export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly deletionTimestamp?: string;
  };
  readonly status: {
    readonly phase: string;
    readonly containerStatuses?: readonly {
      readonly name: string;
      readonly state: Readonly<Record<string, object>>;
    }[];
  };
}

export const deletePod = (cluster: Cluster, { metadata }: Pod, gracePeriodSeconds?: number) =>
  must(cluster, 'DELETE', `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`, {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
  });

/** Asks for the pod's eviction, as a drain does. */
export const evict = (cluster: Cluster, { metadata: { name, namespace } }: Pod) =>
  must(cluster, 'POST', `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
  });

const annotate = (
  cluster: Cluster,
  { metadata }: Pod,
  annotations: Readonly<Record<string, string | null>>,
) =>
  must(cluster, 'PATCH', `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`, {
    metadata: { annotations },
  });

const unresponsive = `${annotationPrefix}unresponsive`;

/** From now on the node of that pod reports nothing and does nothing. */
export const silenceNode = (cluster: Cluster, pod: Pod) => annotate(cluster, pod, { [unresponsive]: 'true' });

/** Takes back the silence of the node that a step asked for. */
export async function wakeNode(cluster: TestCluster, step: Step): Promise<void> {
  if (!cluster.playsNodes) return;
  const pod = await until('the pod is there', async () => (await getPods(cluster, step))[0]);
  await annotate(cluster, pod, { [unresponsive]: null });
}

const groups = {
  jobs: '/apis/batch/v1',
  configmaps: '/api/v1',
  poddisruptionbudgets: '/apis/policy/v1',
  networkpolicies: '/apis/networking.k8s.io/v1',
} as const;

/** Everything of one step, whatever its attempt: names of its Jobs, ConfigMaps and the like. */
export async function namesOf(
  cluster: Cluster,
  kind: keyof typeof groups,
  namespace: string,
  key: StepKey,
): Promise<readonly string[]> {
  const selector = encodeURIComponent(attemptsSelector(key));
  const list = await must(
    cluster,
    'GET',
    `${groups[kind]}/namespaces/${namespace}/${kind}?labelSelector=${selector}`,
  );
  return list.items.map((item: { metadata: { name: string } }) => item.metadata.name);
}

/** The end as it stands on the Job; undefined while there is none. */
export async function recordOn(cluster: Cluster, step: Step): Promise<StepRecord | undefined> {
  const job = await getJob(cluster, step);
  return readRecord(job.metadata.annotations[annotation.record]);
}
