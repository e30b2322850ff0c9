import type { Job, Pod } from '../objects.ts';
import { judge } from './failure-policy.ts';
import { hasFailed, isTracked } from './job-state.ts';

type Uids = { readonly succeeded: readonly string[]; readonly failed: readonly string[] };

/** Where a Job's pods stand: what is counted, what is told but still held, and what is new. */
export type Census = {
  /** Ends whose pods are released: only these are counted, so that no end is counted twice. */
  readonly succeeded: number;
  readonly failed: number;
  /** Ends that are in the status, of pods that are still held. */
  readonly told: Uids;
  /** Held pods that the status does not speak of. */
  readonly fresh: readonly Pod[];
  readonly newSucceeded: readonly Pod[];
  readonly newFailed: readonly Pod[];
  /** The new failures that the policy does not ignore. */
  readonly counted: readonly Pod[];
  /** All ends, however far their counting is. */
  readonly total: { readonly succeeded: number; readonly failed: number };
};

/** Counts. An end goes from new to told to counted, a step with each write of the status. */
export function takeCensus(job: Job, pods: readonly Pod[]): Census {
  const { succeeded = 0, failed = 0, uncountedTerminatedPods: waiting } = job.status;
  const held = pods.filter(isTracked);
  const heldUids = new Set(held.map((pod) => pod.metadata.uid));
  const keep = (uids: readonly string[] = []) => uids.filter((uid) => heldUids.has(uid));
  const told = { succeeded: keep(waiting?.succeeded), failed: keep(waiting?.failed) };
  const known = new Set([...told.succeeded, ...told.failed]);
  const fresh = held.filter((pod) => !known.has(pod.metadata.uid));
  const newSucceeded = fresh.filter(({ status }) => status.phase === 'Succeeded');
  const newFailed = fresh.filter((pod) => pod.status.phase !== 'Succeeded' && hasFailed(job, pod));
  const counted = newFailed.filter((pod) => judge(job, pod).action !== 'Ignore');
  const done = {
    succeeded: succeeded + (waiting?.succeeded?.length ?? 0) - told.succeeded.length,
    failed: failed + (waiting?.failed?.length ?? 0) - told.failed.length,
  };
  const total = {
    succeeded: done.succeeded + told.succeeded.length + newSucceeded.length,
    failed: done.failed + told.failed.length + counted.length,
  };
  return { ...done, told, fresh, newSucceeded, newFailed, counted, total };
}
