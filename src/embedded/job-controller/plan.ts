import type { JobStatus, Pod } from '../objects.ts';

export type JobEvent = {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
};

/** What is to be done about a Job, in this order: delete pods, create pods, write the status, release pods, tell the events. */
export type JobPlan = {
  readonly deletePods: readonly Pod[];
  readonly createPods: number;
  /** Without the pods still to be created. */
  readonly status: JobStatus;
  /** Pods whose tracking finalizer goes. */
  readonly releasePods: readonly Pod[];
  readonly events: readonly JobEvent[];
  /** Milliseconds until time itself changes the plan. */
  readonly recheckAfter?: number;
};
