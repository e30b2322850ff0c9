import { timestamp } from '../clock.ts';
import { type Condition, conditionStatus, type Job, type JobStatus, type Pod } from '../objects.ts';
import { judge } from './failure-policy.ts';
import {
  failureOf,
  hasFailed,
  isActive,
  isFinished,
  isReady,
  isTerminating,
  isTracked,
  settle,
} from './job-state.ts';

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

const REACHED = { reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };
const LONGEST_REPLACEMENT_WAIT = 600_000;

function condition(
  type: string,
  status: string,
  why: { reason: string; message: string },
  now: number,
): Condition {
  const at = timestamp(now);
  return { type, status, lastProbeTime: at, lastTransitionTime: at, ...why };
}

/** Only what is not zero is shown, except what the real controller always shows. */
function statusOf(fields: JobStatus): JobStatus {
  const { active = 0, succeeded = 0, failed = 0, uncountedTerminatedPods: waiting, ...rest } = fields;
  const lists = Object.entries(waiting ?? {}).filter(([, uids]) => uids.length > 0);
  return {
    ...rest,
    ...(active > 0 ? { active } : {}),
    ...(succeeded > 0 ? { succeeded } : {}),
    ...(failed > 0 ? { failed } : {}),
    uncountedTerminatedPods: Object.fromEntries(lists),
  };
}

/** Milliseconds until a failed pod may be replaced: `base`, doubled for each failure, since the last one. */
function replacementWait(pods: readonly Pod[], base: number, now: number): number {
  const ends = pods
    .filter(({ status }) => status.phase === 'Failed')
    .map(({ status }) => Date.parse(status.containerStatuses?.[0]?.state.terminated?.finishedAt ?? '') || 0);
  if (ends.length === 0) return 0;
  return Math.max(
    0,
    Math.max(...ends) + Math.min(base * 2 ** (ends.length - 1), LONGEST_REPLACEMENT_WAIT) - now,
  );
}

/** The terminal condition follows the decision once every end is counted and no pod is left terminating. */
function terminalCondition(
  conditions: Condition[],
  now: number,
): { condition: Condition; event: JobEvent } | undefined {
  const failure = conditions.find(({ type }) => type === 'FailureTarget');
  if (failure !== undefined) {
    const why = { reason: failure.reason ?? '', message: failure.message ?? '' };
    return { condition: condition('Failed', 'True', why, now), event: { type: 'Warning', ...why } };
  }
  if (!conditions.some(({ type }) => type === 'SuccessCriteriaMet')) return undefined;
  const event = { type: 'Normal', reason: 'Completed', message: 'Job completed' } as const;
  return { condition: condition('Complete', 'True', REACHED, now), event };
}

function decide(
  job: Job,
  pods: readonly Pod[],
  counts: { succeeded: number; failed: number },
  startTime: string | undefined,
  now: number,
): Condition | undefined {
  const started = startTime === undefined ? job : { ...job, status: { ...job.status, startTime } };
  const failure = failureOf(started, pods, counts.failed, now);
  if (failure !== undefined) return condition('FailureTarget', 'True', failure, now);
  const wanted = job.spec.completions ?? 1;
  const reached =
    job.spec.completions === undefined
      ? counts.succeeded > 0 && !pods.some(isActive)
      : counts.succeeded >= wanted;
  return reached ? condition('SuccessCriteriaMet', 'True', REACHED, now) : undefined;
}

function suspension(
  job: Job,
  conditions: Condition[],
  now: number,
): { conditions: Condition[]; events: JobEvent[]; resumed: boolean } {
  const was = conditionStatus(conditions, 'Suspended');
  const suspended = job.spec.suspend === true;
  if (suspended === (was === 'True')) return { conditions, events: [], resumed: false };
  const why = suspended
    ? { reason: 'JobSuspended', message: 'Job suspended' }
    : { reason: 'JobResumed', message: 'Job resumed' };
  const next = condition('Suspended', suspended ? 'True' : 'False', why, now);
  const event = {
    type: 'Normal',
    reason: suspended ? 'Suspended' : 'Resumed',
    message: why.message,
  } as const;
  return {
    conditions: [...conditions.filter(({ type }) => type !== 'Suspended'), next],
    events: [event],
    resumed: !suspended,
  };
}

function deadlineWait(job: Job, startTime: string | undefined, now: number): number | undefined {
  const deadline = job.spec.activeDeadlineSeconds;
  if (deadline === undefined || startTime === undefined) return undefined;
  return Math.max(1, Date.parse(startTime) + deadline * 1000 - now);
}

/** The Job controller's decision: pure, over the whole Job and all of its pods. */
export function reconcile(job: Job, pods: readonly Pod[], now: number, replaceWait: number): JobPlan {
  if (isFinished(job)) {
    return {
      deletePods: [],
      createPods: 0,
      status: job.status,
      releasePods: pods.filter(isTracked),
      events: [],
    };
  }
  const suspended = job.spec.suspend === true;
  const tally = settle(job, pods);
  const known = new Set([...tally.uncounted.succeeded, ...tally.uncounted.failed]);
  const fresh = pods.filter((pod) => isTracked(pod) && !known.has(pod.metadata.uid));
  const newSucceeded = fresh.filter(({ status }) => status.phase === 'Succeeded');
  const newFailed = fresh.filter((pod) => pod.status.phase !== 'Succeeded' && hasFailed(job, pod));
  const counted = newFailed.filter((pod) => judge(job, pod).action !== 'Ignore');
  const counts = {
    succeeded: tally.succeeded + tally.uncounted.succeeded.length + newSucceeded.length,
    failed: tally.failed + tally.uncounted.failed.length + counted.length,
  };

  const change = suspension(job, job.status.conditions ?? [], now);
  const startTime = suspended
    ? undefined
    : change.resumed
      ? timestamp(now)
      : (job.status.startTime ?? timestamp(now));
  const decided = change.conditions.some(
    ({ type }) => type === 'FailureTarget' || type === 'SuccessCriteriaMet',
  );
  const decision = decided ? undefined : decide(job, pods, counts, startTime, now);
  const conditions = decision === undefined ? change.conditions : [...change.conditions, decision];
  const ending = decided || decision !== undefined;

  const active = pods.filter(isActive);
  const wanted =
    ending || suspended || job.metadata.deletionTimestamp !== undefined
      ? 0
      : wantedPods(job, counts.succeeded);
  const terminating = pods.filter(isTerminating).length;
  const blocking = job.spec.podReplacementPolicy === 'Failed' ? terminating : 0;
  const excess = ending || suspended ? active : active.slice(Math.max(wanted, 0));
  const missing = Math.max(0, wanted - active.length - blocking);
  const wait = missing > 0 ? replacementWait(pods, replaceWait, now) : 0;
  const left = active.filter((pod) => !excess.includes(pod));

  // When the Job has failed, every pod that has not ended counts as failed; a suspended Job's pods count for nothing.
  const failing = conditions.some(({ type }) => type === 'FailureTarget');
  const lost = failing ? fresh.filter((pod) => !newSucceeded.includes(pod) && !newFailed.includes(pod)) : [];
  const uncounted = {
    succeeded: [...tally.uncounted.succeeded, ...newSucceeded.map(({ metadata }) => metadata.uid)],
    failed: [...tally.uncounted.failed, ...[...counted, ...lost].map(({ metadata }) => metadata.uid)],
  };
  const deleting = job.metadata.deletionTimestamp !== undefined;
  const released = [
    ...newSucceeded,
    ...newFailed,
    ...lost,
    ...(suspended ? excess : []),
    ...(deleting ? fresh : []),
  ];
  const releasePods = [
    ...new Set([...pods.filter((pod) => isTracked(pod) && known.has(pod.metadata.uid)), ...released]),
  ];

  const settled =
    uncounted.succeeded.length + uncounted.failed.length === 0 && terminating + excess.length === 0;
  const end = decided && settled && releasePods.length === 0 ? terminalCondition(conditions, now) : undefined;
  const status = statusOf({
    conditions: end === undefined ? conditions : [...conditions, end.condition],
    ...(startTime === undefined ? {} : { startTime }),
    ...(end?.condition.type === 'Complete' ? { completionTime: timestamp(now) } : {}),
    active: left.length,
    ready: left.filter(isReady).length,
    terminating: terminating + excess.length,
    succeeded: tally.succeeded,
    failed: tally.failed,
    uncountedTerminatedPods: uncounted,
  });
  if (conditions.length === 0) delete status.conditions;
  const recheck = [
    wait > 0 ? wait : undefined,
    ending ? undefined : deadlineWait(job, startTime, now),
  ].filter((value) => value !== undefined);
  return {
    deletePods: excess,
    createPods: wait > 0 ? 0 : missing,
    status,
    releasePods,
    events: [...change.events, ...(end === undefined ? [] : [end.event])],
    ...(recheck.length > 0 ? { recheckAfter: Math.min(...recheck) } : {}),
  };
}

/** How many pods should run: parallelism, but no more than are still needed. */
function wantedPods(job: Job, succeeded: number): number {
  const parallelism = job.spec.parallelism ?? 1;
  return job.spec.completions === undefined
    ? parallelism
    : Math.min(parallelism, Math.max(0, job.spec.completions - succeeded));
}
