import type { EventView } from '../../../src/job/event-view.ts';
import type { JobFacts } from '../../../src/job/facts.ts';
import { merge } from '../../../src/job/facts.ts';
import { annotation } from '../../../src/job/metadata.ts';
import type { ConditionView, JobView, Observation, PodView } from '../../../src/job/observation.ts';
import type { Terminated } from '../../../src/job/outcome.ts';
import type { Stop } from '../../../src/job/stop.ts';

export const t0 = Date.parse('2026-11-23T12:00:00Z');
/** Seconds after the Job's creation. */
export const at = (seconds: number): number => t0 + seconds * 1000;

export const condition = (type: string, reason = '', message = '', status = 'True'): ConditionView => ({
  type,
  status,
  reason,
  message,
  time: at(20),
});

export const aJob = (more: Partial<JobView> = {}): JobView => ({
  uid: 'job-1',
  namespace: 'glip-acme',
  name: 'glip-run-step',
  createTime: t0,
  deleteTime: undefined,
  annotations: {
    [annotation.key]: '["acme","run","step",0]',
    [annotation.specHash]: 'hash',
    [annotation.timeouts]: '{"queue":60,"start":120,"run":600,"total":780}',
  },
  labels: {},
  image: 'agent:1',
  graceSeconds: 30,
  suspended: false,
  replaces: false,
  deadlineSeconds: 780,
  startTime: t0,
  conditions: [],
  failed: 0,
  succeeded: 0,
  ...more,
});

/** As the Job controller leaves it when it has deleted the pods. */
export const stoppedJob = (stop: Partial<Stop> = {}, more: Partial<JobView> = {}): JobView => {
  const job = aJob({ conditions: [condition('FailureTarget', 'DeadlineExceeded')], ...more });
  const text = JSON.stringify({ cause: 'Cancel', reason: 'enough', requestedBy: 'me', time: at(9), ...stop });
  return { ...job, annotations: { ...job.annotations, [annotation.stop]: text } };
};

export const aPod = (more: Partial<PodView> = {}): PodView => ({
  uid: 'pod-1',
  namespace: 'glip-acme',
  name: 'glip-run-step-x',
  jobUid: 'job-1',
  createTime: at(1),
  deleteTime: undefined,
  deleteGraceSeconds: 0,
  phase: 'Pending',
  reason: '',
  message: '',
  node: 'node-1',
  gated: false,
  conditions: [{ type: 'PodScheduled', status: 'True', reason: '', message: '', time: at(2) }],
  agent: undefined,
  created: false,
  imageId: '',
  failedInit: undefined,
  running: [],
  heldBy: undefined,
  asks: undefined,
  tolerations: [],
  ...more,
});

export const runs = { kind: 'running', startTime: at(5) } as const;

/** How the agent's container ended, after it had run. */
export const exited = (exitCode: number, more: Partial<Terminated> = {}): Terminated => ({
  kind: 'terminated',
  exitCode,
  signal: undefined,
  reason: exitCode === 0 ? 'Completed' : 'Error',
  message: '',
  startTime: at(5),
  endTime: at(8),
  ...more,
});

export const runningPod = (more: Partial<PodView> = {}): PodView =>
  aPod({ phase: 'Running', created: true, agent: runs, ...more });

/** A pod whose container has ended, its phase with it. */
export const endedPod = (agent: Terminated, more: Partial<PodView> = {}): PodView =>
  runningPod({ agent, phase: agent.exitCode === 0 ? 'Succeeded' : 'Failed', ...more });

/** A pod that is being deleted since second 7. */
export const deleting = { deleteTime: at(37), deleteGraceSeconds: 30 };

/** A Warning of the kubelet about the pod, said once at second 3. */
export const anEvent = (more: Partial<EventView> = {}): EventView => ({
  uid: `event-${more.reason}-${more.message}`,
  version: `${++versions}`,
  namespace: 'glip-acme',
  about: { kind: 'Pod', uid: 'pod-1' },
  container: '',
  type: 'Warning',
  reason: 'Failed',
  message: '',
  count: 1,
  firstTime: at(3),
  lastTime: more.firstTime ?? at(3),
  component: 'kubelet',
  ...more,
});
/** The Job controller's refusal to make the pod. */
export const refusal = (message: string, more: Partial<EventView> = {}): EventView =>
  anEvent({
    about: { kind: 'Job', uid: 'job-1' },
    reason: 'FailedCreate',
    component: 'job-controller',
    message,
    ...more,
  });

let versions = 0;
export const job = (view: JobView): Observation => ({ kind: 'job', job: view, version: `${++versions}` });
export const pod = (view: PodView): Observation => ({ kind: 'pod', pod: view, version: `${++versions}` });
export const podGone = (view: PodView): Observation => ({
  kind: 'pod-gone',
  pod: view,
  version: `${++versions}`,
});
export const jobGone: Observation = { kind: 'job-gone', jobUid: 'job-1' };
export const noMorePods: Observation = { kind: 'no-more-pods', jobUid: 'job-1' };

export const events = (...views: readonly EventView[]): Observation => ({
  kind: 'events',
  jobUid: 'job-1',
  events: views,
});

/** The facts after a row of observations. */
export function seen(...observations: readonly Observation[]): JobFacts {
  const facts = observations.reduce<JobFacts | undefined>((before, o) => merge(before, o, at(10)), undefined);
  if (facts === undefined) throw new Error('nothing is left of these');
  return facts;
}
