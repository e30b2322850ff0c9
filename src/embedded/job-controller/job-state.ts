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

/** Why a Job must fail now, or undefined when it goes on. A suspended Job has no start, and so no deadline. */
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
  if (deadline === undefined || startTime === undefined) return undefined;
  if (now - Date.parse(startTime) < deadline * 1000) return undefined;
  return { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
}
