import { create } from '@bufbuild/protobuf';
import { type StepKey, StepKeySchema } from '../../gen/glip/executor/v1/step_pb.js';
import { objectsOf } from '../support/objects.ts';
import { aRequest } from '../support/request.ts';
import { managedBy } from './managed-fields.ts';
import { runningPod } from './running-pod.ts';

/** A live step at the API server: its Job and its pod, which runs, as JSON of realistic size. */
export interface LiveStep {
  readonly key: StepKey;
  readonly job: string;
  /** The pod at a version; versions differ in what the node reports. `ended`: its agent has finished. */
  pod(version: number, ended?: boolean): string;
}

interface Made {
  readonly metadata: { readonly name: string; readonly labels: object; readonly annotations: object };
  readonly spec: { readonly template: { readonly metadata: Made['metadata']; readonly spec: object } };
}

const tenants = 20;
const nodes = 200;
const controller = 'kube-controller-manager';
const recorded = runningPod(Date.now());
const created = recorded.metadata.creationTimestamp;
const finished = {
  name: 'agent',
  containerID: 'containerd://agent',
  state: {
    terminated: {
      exitCode: 0,
      reason: 'Completed',
      startedAt: created,
      finishedAt: created,
      message: '{"status":"success"}',
    },
  },
};

/** The step of that number; of the same number always the same one. */
export function liveStep(index: number, version: number): LiveStep {
  const id = index.toString(16).padStart(12, '0');
  const request = aRequest(`tenant-${index % tenants}`, `6b1f0c3e-7d52-4c19-9a44-${id}`);
  const { job, namespace } = objectsOf(request, true);
  const made = job as Made;
  const { name } = made.metadata;
  const uid = `e25c7d3e-203d-4971-8efe-${id}`;
  const { template } = made.spec;
  const own = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  const labels = { ...template.metadata.labels, ...own };
  const owner = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  const identity = {
    annotations: template.metadata.annotations,
    finalizers: ['batch.kubernetes.io/job-tracking'],
    generateName: `${name}-`,
    labels,
    ownerReferences: [owner],
  };
  const node = `node-${index % nodes}.example.internal`;
  return {
    key: create(StepKeySchema, request.key),
    job: jobText(made, uid, labels, version),
    pod: (at, ended = false) =>
      podText(
        { name: `${name}-x7k2p`, namespace, uid: `0d94ab2e-61cf-45f0-b9a7-${id}`, ...identity },
        at,
        {
          ...recorded.spec,
          ...template.spec,
          nodeName: node,
        },
        ended,
      ),
  };
}

function jobText(made: Made, uid: string, labels: object, version: number): string {
  const { template } = made.spec;
  const selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
  const defaulted = { selector, completionMode: 'NonIndexed', suspend: false, manualSelector: false };
  const status = { startTime: created, active: 1, terminating: 0, uncountedTerminatedPods: {}, ready: 1 };
  return JSON.stringify({
    ...made,
    metadata: {
      ...made.metadata,
      labels,
      generation: 1,
      uid,
      creationTimestamp: created,
      resourceVersion: String(version),
      managedFields: [
        managedBy('glip-executor', created, made, 'batch/v1'),
        managedBy(controller, created, { status }, 'batch/v1', 'status'),
      ],
    },
    spec: {
      ...made.spec,
      ...defaulted,
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
    status,
  });
}

function podText(metadata: object, version: number, spec: object, ended: boolean): string {
  const time = new Date(Date.parse(created) + version * 1000).toISOString();
  const status = {
    ...recorded.status,
    conditions: recorded.status.conditions.map((c) => ({ ...c, lastProbeTime: time })),
    ...(ended && { containerStatuses: [finished] }),
  };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      resourceVersion: String(version),
      creationTimestamp: created,
      managedFields: [
        managedBy(controller, created, { metadata, spec }, 'v1'),
        managedBy('kubelet', time, { status }, 'v1', 'status'),
      ],
    },
    spec,
    status,
  });
}
