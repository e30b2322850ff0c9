import type { Step } from '../../../gen/glip/executor/v1/step_pb.js';
import type { TestCluster } from '../../support/cluster.ts';
import { must } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import { getPods } from '../suite/objects.ts';

type Cluster = Pick<TestCluster, 'request'>;

/** A pod as the API server has it. */
export interface RawPod {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly phase: string; readonly containerStatuses?: readonly object[] };
}

const path = ({ metadata }: RawPod): string =>
  `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;

/** The step's pod, once it is there and `is` holds. */
export const podOf = (cluster: Cluster, step: Step, is: (pod: RawPod) => boolean = () => true) =>
  until('the pod', async () => {
    const [pod] = (await getPods(cluster, step)) as unknown as readonly RawPod[];
    return pod !== undefined && is(pod) ? pod : undefined;
  });

/** An Event about a pod, as `component` writes it, said so often. */
export function sayOf(
  cluster: Cluster,
  pod: RawPod,
  event: {
    readonly type?: 'Normal' | 'Warning';
    readonly reason: string;
    readonly message: string;
    readonly count?: number;
    readonly component?: string;
  },
) {
  const { name, namespace, uid } = pod.metadata;
  const { type = 'Warning', reason, message, count = 1, component = 'kubelet' } = event;
  const now = new Date().toISOString().replace(/\.\d+/, '');
  return must(cluster, 'POST', `/api/v1/namespaces/${namespace}/events`, {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { generateName: `${name}.`, namespace },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid },
    source: { component, host: pod.spec.nodeName },
    ...{ type, reason, message, count, firstTimestamp: now, lastTimestamp: now },
  });
}

/** Writes a pod's status as its kubelet does. */
export const report = (cluster: Cluster, pod: RawPod, status: object) =>
  must(cluster, 'PATCH', `${path(pod)}/status`, { status }, 'application/strategic-merge-patch+json');

export const condition = (type: string, status: 'True' | 'False', reason = '', message = '') => ({
  ...{ type, status, reason, message },
  lastTransitionTime: new Date().toISOString().replace(/\.\d+/, ''),
});

/** The agent's container in one state. */
export const agentIn = (state: object, ready = false) => [
  { name: 'agent', image: 'probe', imageID: '', restartCount: 0, ready, started: ready, state },
];

const waits = { waiting: { reason: 'ContainerCreating' } };

/** The pod has come to its node, and its container is being made. */
export const acknowledged = () => ({
  phase: 'Pending',
  startTime: new Date().toISOString().replace(/\.\d+/, ''),
  conditions: [condition('Initialized', 'True'), condition('Ready', 'False', 'ContainersNotReady')],
  containerStatuses: agentIn(waits),
});

export const started = () => ({
  phase: 'Running',
  conditions: [condition('Ready', 'True'), condition('ContainersReady', 'True')],
  containerStatuses: agentIn({ running: { startedAt: new Date().toISOString().replace(/\.\d+/, '') } }, true),
});

/** kubelet 1.37, pkg/kubelet/nodeshutdown: what it says of the pods that it ends before its machine goes. */
export const shutDown = () => {
  const message = 'Pod was terminated in response to imminent node shutdown.';
  const now = new Date().toISOString().replace(/\.\d+/, '');
  return {
    phase: 'Failed',
    reason: 'Terminated',
    message,
    conditions: [
      condition('Ready', 'False', 'PodFailed'),
      condition('DisruptionTarget', 'True', 'TerminationByKubelet', message),
    ],
    containerStatuses: agentIn({
      terminated: { exitCode: 143, reason: 'Error', startedAt: now, finishedAt: now },
    }),
  };
};

/** The same, of a pod that comes while the machine goes: it is turned away. */
export const turnedAway = () => ({
  phase: 'Failed',
  reason: 'NodeShutdown',
  message: 'Pod was rejected as the node is shutting down.',
});
