import type { RecordedEvent } from './timeline.ts';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

interface Status {
  readonly conditions?: readonly Condition[];
  readonly failed?: number;
  readonly terminating?: number;
  readonly uncountedTerminatedPods?: { readonly failed?: readonly string[] };
}

/** Only a pod failure policy waits for the pods there; the others count them as failed at once, while they still run. */
const hasty = (condition: Condition): boolean =>
  condition.type === 'FailureTarget' && condition.reason !== 'PodFailurePolicy';

/**
 * The event as Kubernetes 1.30 would have shown it: no SuccessCriteriaMet, no reason for Complete; and a Job that is over its deadline or
 * its back-off limit is Failed where a newer one says FailureTarget, with nothing terminating, while its pod still runs.
 * `test/contract/oldest-job.oldest.test.ts` shows it on the thing itself.
 */
export function asOldest(event: RecordedEvent): RecordedEvent {
  if (event.kind !== 'Job') return event;
  const status = event.object.status as Status | undefined;
  if (status?.conditions === undefined) return event;
  const failsAtOnce = status.conditions.some(hasty);
  const conditions = status.conditions
    .filter((c) => c.type !== 'SuccessCriteriaMet' && !(failsAtOnce && c.type === 'Failed'))
    .map((c) => {
      if (hasty(c)) return { ...c, type: 'Failed' };
      const { reason: _reason, message: _message, ...rest } = c;
      return c.type === 'Complete' ? rest : c;
    });
  const { failed = 0, terminating = 0, uncountedTerminatedPods: { failed: uncounted = [] } = {} } = status;
  const over = failsAtOnce && { failed: Math.max(failed, terminating, uncounted.length), terminating: 0 };
  return { ...event, object: { ...event.object, status: { ...status, ...over, conditions } } };
}
