import type { Job, Pod } from '../objects.ts';
import { isActive, isTerminating } from './job-state.ts';

const LONGEST_WAIT = 600_000;

/** Which pods stay, which are too many, and how many are missing. */
export type Workforce = {
  readonly left: readonly Pod[];
  readonly excess: readonly Pod[];
  readonly missing: number;
  /** Milliseconds before the missing ones may be created. */
  readonly wait: number;
};

/** Milliseconds until a failed pod may be replaced: `base`, doubled for each failure, since the last one. */
function replacementWait(pods: readonly Pod[], base: number, now: number): number {
  const ends = pods
    .filter(({ status }) => status.phase === 'Failed')
    .map(({ status }) => Date.parse(status.containerStatuses?.[0]?.state.terminated?.finishedAt ?? '') || 0);
  if (ends.length === 0) return 0;
  return Math.max(0, Math.max(...ends) + Math.min(base * 2 ** (ends.length - 1), LONGEST_WAIT) - now);
}

/** How many pods should run: parallelism, but no more than are still needed. */
function wantedPods({ spec }: Job, succeeded: number): number {
  const parallelism = spec.parallelism ?? 1;
  return spec.completions === undefined
    ? parallelism
    : Math.min(parallelism, Math.max(0, spec.completions - succeeded));
}

/** `stopping` sends everybody home. A Job that is being deleted is left to the garbage collector. */
export function planWorkforce(
  job: Job,
  pods: readonly Pod[],
  succeeded: number,
  stopping: boolean,
  clock: { readonly now: number; readonly replaceWait: number },
): Workforce {
  const active = pods.filter(isActive);
  if (stopping) return { left: [], excess: active, missing: 0, wait: 0 };
  if (job.metadata.deletionTimestamp !== undefined) return { left: active, excess: [], missing: 0, wait: 0 };
  const wanted = wantedPods(job, succeeded);
  const blocking = job.spec.podReplacementPolicy === 'Failed' ? pods.filter(isTerminating).length : 0;
  const missing = Math.max(0, wanted - active.length - blocking);
  const wait = missing > 0 ? replacementWait(pods, clock.replaceWait, clock.now) : 0;
  return { left: active.slice(0, wanted), excess: active.slice(wanted), missing, wait };
}
