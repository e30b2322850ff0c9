import { timestamp } from '../clock.ts';
import type { Condition, Job, JobStatus, Pod } from '../objects.ts';
import { type Census, takeCensus } from './census.ts';
import { decide, isDecided, suspension, terminalCondition } from './conditions.ts';
import { isFinished, isReady, isTerminating, isTracked } from './job-state.ts';
import type { JobPlan } from './plan.ts';
import { planWorkforce, type Workforce } from './workforce.ts';

/** Only what is not zero is shown, except what the real controller always shows. */
function statusOf(fields: JobStatus): JobStatus {
  const { active = 0, succeeded = 0, failed = 0, conditions = [], uncountedTerminatedPods, ...rest } = fields;
  const lists = Object.entries(uncountedTerminatedPods ?? {}).filter(([, uids]) => uids.length > 0);
  return {
    ...(conditions.length > 0 ? { conditions } : {}),
    ...rest,
    ...(active > 0 ? { active } : {}),
    ...(succeeded > 0 ? { succeeded } : {}),
    ...(failed > 0 ? { failed } : {}),
    uncountedTerminatedPods: Object.fromEntries(lists),
  };
}

function startTimeOf(job: Job, resumed: boolean, now: number): string | undefined {
  if (job.spec.suspend === true) return undefined;
  return resumed ? timestamp(now) : (job.status.startTime ?? timestamp(now));
}

function uidsOf(pods: readonly Pod[]): string[] {
  return pods.map(({ metadata }) => metadata.uid);
}

/** Who is let go, and what the status says of those still held. When the Job has failed, every pod that has not ended counts as failed. */
function letGo(
  job: Job,
  census: Census,
  { excess }: Workforce,
  conditions: readonly Condition[],
): { released: readonly Pod[]; uncounted: NonNullable<JobStatus['uncountedTerminatedPods']> } {
  const { fresh, newSucceeded, newFailed, counted, told } = census;
  const ended = [...newSucceeded, ...newFailed];
  const failing = conditions.some(({ type }) => type === 'FailureTarget');
  const lost = failing ? fresh.filter((pod) => !ended.includes(pod)) : [];
  const uncounted = {
    succeeded: [...told.succeeded, ...uidsOf(newSucceeded)],
    failed: [...told.failed, ...uidsOf(counted), ...uidsOf(lost)],
  };
  // The pods of a suspended Job count for nothing, and nobody waits for those of a Job that is being deleted.
  const uncountable = job.spec.suspend === true ? excess : [];
  const abandoned = job.metadata.deletionTimestamp === undefined ? [] : fresh;
  return { released: [...ended, ...lost, ...uncountable, ...abandoned], uncounted };
}

/** Milliseconds until time itself changes the plan, if it will. */
function recheckAfter(
  job: Job,
  startTime: string | undefined,
  wait: number,
  now: number,
): { recheckAfter?: number } {
  const deadline = job.spec.activeDeadlineSeconds;
  const waits = wait > 0 ? [wait] : [];
  if (deadline !== undefined && startTime !== undefined) {
    waits.push(Math.max(1, Date.parse(startTime) + deadline * 1000 - now));
  }
  return waits.length === 0 ? {} : { recheckAfter: Math.min(...waits) };
}

/** The Job controller's decision: pure, over the whole Job and all of its pods. `replaceWait` is the first wait before a replacement. */
export function reconcile(job: Job, pods: readonly Pod[], now: number, replaceWait: number): JobPlan {
  const held = pods.filter(isTracked);
  if (isFinished(job)) {
    return { deletePods: [], createPods: 0, status: job.status, releasePods: held, events: [] };
  }
  const census = takeCensus(job, pods);
  const change = suspension(job, now);
  const startTime = startTimeOf(job, change.resumed, now);
  const { startTime: _before, ...rest } = job.status;
  const current = { ...job, status: startTime === undefined ? rest : { ...rest, startTime } };
  const decided = isDecided(change.conditions);
  const decision = decided ? undefined : decide(current, pods, census.total, now);
  const conditions = decision === undefined ? change.conditions : [...change.conditions, decision];
  const ending = isDecided(conditions);

  const stopping = ending || job.spec.suspend === true;
  const force = planWorkforce(job, pods, census.total.succeeded, stopping, { now, replaceWait });
  const { released, uncounted } = letGo(job, census, force, conditions);
  const told = new Set([...census.told.succeeded, ...census.told.failed]);
  const releasePods = [...new Set([...held.filter((pod) => told.has(pod.metadata.uid)), ...released])];

  // The end comes once every end of a pod is counted and no pod is left terminating.
  const terminating = pods.filter(isTerminating).length + force.excess.length;
  const settled = decided && terminating === 0 && releasePods.length === 0;
  const end = settled ? terminalCondition(conditions, now) : undefined;
  return {
    deletePods: force.excess,
    createPods: force.wait > 0 ? 0 : force.missing,
    status: statusOf({
      conditions: end === undefined ? conditions : [...conditions, end.condition],
      ...(startTime === undefined ? {} : { startTime }),
      ...(end?.condition.type === 'Complete' ? { completionTime: timestamp(now) } : {}),
      active: force.left.length,
      ready: force.left.filter(isReady).length,
      terminating,
      succeeded: census.succeeded,
      failed: census.failed,
      uncountedTerminatedPods: uncounted,
    }),
    releasePods,
    events: [...change.events, ...(end === undefined ? [] : [end.event])],
    ...recheckAfter(job, ending ? undefined : startTime, force.wait, now),
  };
}
