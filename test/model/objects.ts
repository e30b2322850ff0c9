import { annotation, startGate } from '../../src/job/metadata.ts';
import type { RawObject } from '../../src/job/project.ts';

/** A Job of a step, as far as the model knows it. */
export interface JobState {
  /** The texts of our annotations; empty while there are none. */
  readonly stop: string;
  readonly record: string;
  readonly history: string;
  readonly chosen: string;
  /** Its pods are made behind our gate. */
  readonly once: boolean;
  /** Its policy ignores a pod that failed with DisruptionTarget, and another one is made. */
  readonly replaces: boolean;
  /** `activeDeadlineSeconds: 0`. */
  readonly stopped: boolean;
  readonly deleting: boolean;
  /** The reason of the condition that decides the Job; empty while there is none. */
  readonly decision:
    | ''
    | 'DeadlineExceeded'
    | 'PodFailurePolicy'
    | 'BackoffLimitExceeded'
    | 'CompletionsReached';
  readonly message: string;
  /** FailureTarget or SuccessCriteriaMet stands there: Kubernetes 1.30 writes it for a pod failure policy only. */
  readonly announced: boolean;
  /** Failed or Complete stands there. */
  readonly finished: boolean;
  readonly failed: number;
  readonly succeeded: number;
}

export const newJob: JobState = {
  stop: '',
  record: '',
  history: '',
  chosen: '',
  once: false,
  replaces: false,
  stopped: false,
  deleting: false,
  decision: '',
  message: '',
  announced: false,
  finished: false,
  failed: 0,
  succeeded: 0,
};

/** A pod, as its object shows it. */
export interface PodState {
  /** 0 for the first one. */
  readonly number: number;
  /** Our gate is on it. */
  readonly gated: boolean;
  readonly bound: boolean;
  readonly container: 'none' | 'running' | 'exited' | 'lost';
  readonly exitCode: number;
  /** Whether the agent has said in its termination message that it has succeeded. */
  readonly report: boolean;
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  readonly deleting: 'no' | 'gracefully' | 'at once';
  /** The reason of its DisruptionTarget; empty without any. */
  readonly mark: string;
}

export const newPod = (number: number, gated: boolean): PodState => ({
  number,
  gated,
  bound: false,
  container: 'none',
  exitCode: 0,
  report: false,
  phase: 'Pending',
  deleting: 'no',
  mark: '',
});

export const isTerminal = ({ phase }: PodState): boolean => phase === 'Succeeded' || phase === 'Failed';

export const jobUid = 'job';
export const createTime = Date.parse('2026-11-23T12:00:00Z');
const at = (seconds: number) => new Date(createTime + seconds * 1000).toISOString();
const condition = (type: string, reason: string, message = '', seconds = 20) => ({
  type,
  status: 'True',
  reason,
  message,
  lastTransitionTime: at(seconds),
});

/** The Job as the API server has it. */
export function jobObject(job: JobState, version: string): RawObject {
  const success = job.decision === 'CompletionsReached';
  return {
    metadata: {
      uid: jobUid,
      name: 'glip-run-step',
      namespace: 'glip-acme',
      resourceVersion: version,
      creationTimestamp: at(0),
      ...(job.deleting && { deletionTimestamp: at(15) }),
      annotations: {
        [annotation.key]: '["acme","run","step",0]',
        [annotation.specHash]: 'hash',
        [annotation.timeouts]: '{"queue":60,"start":120,"run":600,"total":780}',
        ...(job.stop !== '' && { [annotation.stop]: job.stop }),
        ...(job.record !== '' && { [annotation.record]: job.record }),
        ...(job.history !== '' && { [annotation.history]: job.history }),
        ...(job.chosen !== '' && { [annotation.chosenPod]: job.chosen }),
      },
    },
    spec: {
      activeDeadlineSeconds: job.stopped ? 0 : 780,
      suspend: false,
      ...(job.replaces && {
        podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }] },
      }),
      template: {
        spec: {
          containers: [{ name: 'agent', image: 'agent:1' }],
          ...(job.once && { schedulingGates: [{ name: startGate }] }),
        },
      },
    },
    status: {
      conditions: [
        ...(job.announced
          ? [condition(success ? 'SuccessCriteriaMet' : 'FailureTarget', job.decision, job.message)]
          : []),
        ...(job.finished ? [condition(success ? 'Complete' : 'Failed', job.decision, job.message)] : []),
      ],
      failed: job.failed,
      succeeded: job.succeeded,
    },
  };
}

/** The pod as the API server has it. */
export function podObject(pod: PodState, version: string): RawObject {
  // Each pod lives behind the one before it.
  const later = (seconds: number) => at(seconds + 30 * pod.number);
  const conditions = [
    ...(pod.bound ? [condition('PodScheduled', '', '', 2 + 30 * pod.number)] : []),
    ...(pod.mark === '' ? [] : [condition('DisruptionTarget', pod.mark, '', 7 + 30 * pod.number)]),
  ];
  return {
    metadata: {
      uid: `pod-${pod.number}`,
      name: `glip-run-step-${pod.number}`,
      namespace: 'glip-acme',
      resourceVersion: version,
      creationTimestamp: later(1),
      ownerReferences: [{ kind: 'Job', uid: jobUid, controller: true }],
      ...(pod.deleting !== 'no' && {
        deletionTimestamp: later(pod.deleting === 'at once' ? 7 : 37),
        deletionGracePeriodSeconds: pod.deleting === 'at once' ? 0 : 30,
      }),
    },
    spec: {
      ...(pod.bound && { nodeName: 'node-1' }),
      ...(pod.gated && { schedulingGates: [{ name: startGate }] }),
    },
    status: { phase: pod.phase, conditions, containerStatuses: containerStatuses(pod, later) },
  };
}

function containerStatuses(pod: PodState, at: (seconds: number) => string): readonly object[] {
  const of = (state: object, containerID?: string) => [{ name: 'agent', state, containerID }];
  switch (pod.container) {
    case 'none':
      return [];
    case 'running':
      return of({ running: { startedAt: at(5) } }, 'c');
    case 'exited':
      return of(
        {
          terminated: {
            exitCode: pod.exitCode,
            reason: pod.exitCode === 0 ? 'Completed' : 'Error',
            message: pod.report ? '{"status":"success"}' : '',
            startedAt: at(5),
            finishedAt: at(8),
          },
        },
        'c',
      );
    case 'lost':
      return of({ terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', startedAt: null } });
    default: {
      const never: never = pod.container;
      return never;
    }
  }
}
