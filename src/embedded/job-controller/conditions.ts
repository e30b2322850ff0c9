import { timestamp } from '../clock.ts';
import { type Condition, conditionStatus, type Job, type Pod } from '../objects.ts';
import { failureOf, isActive } from './job-state.ts';
import type { JobEvent } from './plan.ts';

const REACHED = { reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };

type Why = { reason: string; message: string };

function condition(type: string, status: string, why: Why, now: number): Condition {
  const at = timestamp(now);
  return { type, status, lastProbeTime: at, lastTransitionTime: at, ...why };
}

/** The condition with which a Job's end begins, once something has decided it. */
export function decide(
  job: Job,
  pods: readonly Pod[],
  total: { readonly succeeded: number; readonly failed: number },
  now: number,
): Condition | undefined {
  const failure = failureOf(job, pods, total.failed, now);
  if (failure !== undefined) return condition('FailureTarget', 'True', failure, now);
  const { completions } = job.spec;
  const reached =
    completions === undefined ? total.succeeded > 0 && !pods.some(isActive) : total.succeeded >= completions;
  return reached ? condition('SuccessCriteriaMet', 'True', REACHED, now) : undefined;
}

/** True when the end of the Job is decided, though it may not have come yet. */
export function isDecided(conditions: readonly Condition[]): boolean {
  return conditions.some(({ type }) => type === 'FailureTarget' || type === 'SuccessCriteriaMet');
}

/** The condition that ends a decided Job, and the event that tells it. */
export function terminalCondition(
  conditions: readonly Condition[],
  now: number,
): { condition: Condition; event: JobEvent } | undefined {
  const failure = conditions.find(({ type }) => type === 'FailureTarget');
  if (failure !== undefined) {
    const why = { reason: failure.reason ?? '', message: failure.message ?? '' };
    return { condition: condition('Failed', 'True', why, now), event: { type: 'Warning', ...why } };
  }
  if (!isDecided(conditions)) return undefined;
  const event = { type: 'Normal', reason: 'Completed', message: 'Job completed' } as const;
  return { condition: condition('Complete', 'True', REACHED, now), event };
}

/** The conditions after a change of `suspend`, if there was one. */
export function suspension(
  job: Job,
  now: number,
): { conditions: Condition[]; events: JobEvent[]; resumed: boolean } {
  const conditions = job.status.conditions ?? [];
  const suspended = job.spec.suspend === true;
  if (suspended === (conditionStatus(conditions, 'Suspended') === 'True')) {
    return { conditions, events: [], resumed: false };
  }
  const verb = suspended ? 'Suspended' : 'Resumed';
  const message = `Job ${verb.toLowerCase()}`;
  const next = condition('Suspended', suspended ? 'True' : 'False', { reason: `Job${verb}`, message }, now);
  return {
    conditions: [...conditions.filter(({ type }) => type !== 'Suspended'), next],
    events: [{ type: 'Normal', reason: verb, message }],
    resumed: !suspended,
  };
}
