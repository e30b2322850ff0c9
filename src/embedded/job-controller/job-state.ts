import { conditionStatus, isTerminal, type Job, type Pod } from '../objects.ts';
import { judge } from './failure-policy.ts';

export const TRACKING = 'batch.kubernetes.io/job-tracking';

export function isTracked(pod: Pod): boolean {
  return pod.metadata.finalizers?.includes(TRACKING) === true;
}

export function isFinished(job: Job): boolean {
  const { conditions } = job.status;
  return (
    conditionStatus(conditions, 'Complete') === 'True' || conditionStatus(conditions, 'Failed') === 'True'
  );
}

/** Neither ended nor being deleted. */
export function isActive(pod: Pod): boolean {
  return !isTerminal(pod) && pod.metadata.deletionTimestamp === undefined;
}

export function isTerminating(pod: Pod): boolean {
  return !isTerminal(pod) && pod.metadata.deletionTimestamp !== undefined;
}

export function isReady(pod: Pod): boolean {
  return conditionStatus(pod.status.conditions, 'Ready') === 'True';
}

/** With replacement policy Failed a pod that is being deleted has not failed until it says so. */
export function hasFailed(job: Job, pod: Pod): boolean {
  if (pod.status.phase === 'Failed') return true;
  if (job.spec.podReplacementPolicy === 'Failed') return false;
  return pod.metadata.deletionTimestamp !== undefined && pod.status.phase !== 'Succeeded';
}

/** The pods' ends that the status does not yet count, and what was counted but not yet released. */
export type Tally = {
  readonly succeeded: number;
  readonly failed: number;
  readonly uncounted: { readonly succeeded: readonly string[]; readonly failed: readonly string[] };
};

/** Moves the ends whose pods are released into the counts: only then can no end be counted twice. */
export function settle(job: Job, pods: readonly Pod[]): Tally {
  const { succeeded = 0, failed = 0, uncountedTerminatedPods: waiting } = job.status;
  const held = new Set(pods.filter(isTracked).map((pod) => pod.metadata.uid));
  const keep = (uids: readonly string[] = []) => uids.filter((uid) => held.has(uid));
  const uncounted = { succeeded: keep(waiting?.succeeded), failed: keep(waiting?.failed) };
  return {
    succeeded: succeeded + (waiting?.succeeded?.length ?? 0) - uncounted.succeeded.length,
    failed: failed + (waiting?.failed?.length ?? 0) - uncounted.failed.length,
    uncounted,
  };
}

/** Why a Job must fail now, or undefined when it goes on. */
export function failureOf(
  job: Job,
  pods: readonly Pod[],
  failed: number,
  now: number,
): { reason: string; message: string } | undefined {
  for (const pod of pods.filter((candidate) => hasFailed(job, candidate))) {
    const verdict = judge(job, pod);
    if (verdict.action === 'FailJob') return { reason: 'PodFailurePolicy', message: verdict.message };
  }
  if (failed > (job.spec.backoffLimit ?? 6)) {
    return { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  }
  const { startTime } = job.status;
  const deadline = job.spec.activeDeadlineSeconds;
  if (deadline === undefined || startTime === undefined || job.spec.suspend === true) return undefined;
  if (now - Date.parse(startTime) < deadline * 1000) return undefined;
  return { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
}
