import type { StepKey } from '../step/key.ts';
import type { EpochMs, ObjectRef } from '../step/step.ts';
import { keptByAutoscalers } from './budget.ts';
import { egressLabels } from './egress.ts';
import { annotation, ownLabels, printKey, retainFinalizer } from './metadata.ts';
import { inputsName, jobName, shortHash } from './names.ts';
import { agentContainer } from './observation.ts';
import { ownerOf } from './owner.ts';
import { podSpec } from './pod-template.ts';
import type { StepSpec } from './spec.ts';
import type { Stop } from './stop.ts';

/** The Job of a step: ADR-002's template, field by field, and what makes it safe (DESIGN.md section 5). */
export function toJob(spec: StepSpec, acceptTime: EpochMs) {
  const { key } = spec;
  const labels = { ...spec.labels, ...ownLabels(key, spec.agent) };
  const annotations = {
    ...spec.annotations,
    [annotation.key]: printKey(key),
    [annotation.specHash]: spec.specHash,
    [annotation.invocation]: spec.invocationId,
    [annotation.pool]: spec.resources.pool,
    ...(spec.requestedImage !== undefined && { [annotation.requestedImage]: spec.requestedImage }),
    ...(spec.imageSignature !== undefined && { [annotation.imageSignature]: spec.imageSignature }),
  };
  const own = {
    ...annotations,
    [annotation.timeouts]: JSON.stringify(spec.timeouts),
    [annotation.accepted]: String(acceptTime),
    ...(spec.retainSeconds !== undefined && { [annotation.retain]: String(spec.retainSeconds) }),
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(key),
      namespace: spec.namespace,
      labels,
      annotations: own,
      ...(spec.retainSeconds !== undefined && { finalizers: [retainFinalizer] }),
    },
    spec: {
      ...jobPolicy(spec.ttlSeconds, spec.replaceDisrupted ? 'Ignore' : 'FailJob'),
      activeDeadlineSeconds: spec.timeouts.total,
      template: {
        metadata: {
          labels: { ...labels, ...egressLabels(spec) },
          annotations: { ...annotations, ...(spec.uninterruptible && keptByAutoscalers) },
        },
        spec: podSpec(spec, inputsName(key, spec.invocationId, spec.specHash)),
      },
    },
  };
}

export type JobObject = ReturnType<typeof toJob>;

/**
 * One pod, never another, unless a disruption is to be ignored, which replaces the pod: retries are the orchestrator's. Exit codes stay
 * in the Job's condition when the pod is gone.
 */
function jobPolicy(ttlSeconds: number, onDisruption: 'FailJob' | 'Ignore') {
  return {
    parallelism: 1,
    completions: 1,
    backoffLimit: 0,
    podReplacementPolicy: 'Failed',
    ttlSecondsAfterFinished: ttlSeconds,
    podFailurePolicy: {
      rules: [
        { action: onDisruption, onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        { action: 'FailJob', onExitCodes: { containerName: agentContainer, operator: 'NotIn', values: [0] } },
      ],
    },
  };
}

/** The manifest for /glip/inputs, owned by the Job: it goes when the Job goes. */
export function toConfigMap(spec: StepSpec, job: ObjectRef) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: inputsName(spec.key, spec.invocationId, spec.specHash),
      namespace: spec.namespace,
      labels: ownLabels(spec.key, spec.agent),
      annotations: { [annotation.key]: printKey(spec.key), [annotation.specHash]: spec.specHash },
      ownerReferences: [ownerOf(job)],
    },
    immutable: true,
    data: { 'manifest.json': spec.manifestText },
  };
}

/** A Pod of the Job's template, to ask admission what it says of it: it refuses pods, never Jobs. */
export function toPod(job: JobObject) {
  const { labels, annotations } = job.spec.template.metadata;
  const { name, namespace } = job.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${name.slice(0, 50)}-${shortHash(name).slice(0, 5)}`, namespace, labels, annotations },
    spec: job.spec.template.spec,
  };
}

/**
 * The mark of a step that was cancelled before it was submitted: a Job under the step's own name that fails without ever having a pod,
 * so that a late submit finds it.
 */
export function toTombstone(key: StepKey, namespace: string, stop: Stop, ttlSeconds: number) {
  const labels = ownLabels(key, 'none');
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(key),
      namespace,
      labels,
      annotations: { [annotation.key]: printKey(key), [annotation.stop]: JSON.stringify(stop) },
    },
    spec: {
      ...jobPolicy(ttlSeconds, 'FailJob'),
      activeDeadlineSeconds: 0,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 1000,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: agentContainer,
              image: 'tombstone.invalid/never-runs',
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
            },
          ],
        },
      },
    },
  };
}
