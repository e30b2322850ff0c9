import type { StopWish } from '../step/wishes.ts';
import { isDecided } from './decision.ts';
import type { JobFacts } from './facts.ts';
import type { JobView, PodView } from './observation.ts';
import { isFinalPod } from './proof.ts';
import type { Stop } from './stop.ts';

/** How long the Job's controller may take to tell a pod to stop, and a node to confirm its end once its grace is over. */
const patienceMs = { controller: 2_000, node: 5_000 } as const;
/** Whatever the stop says of its time: who wrote it may have had another clock. */
const atOnce = 0;

/** Seconds between SIGTERM and SIGKILL. */
export const graceOf = ({ graceSeconds }: JobView, stop: Pick<Stop, 'graceSeconds'>): number =>
  Math.min(graceSeconds, stop.graceSeconds ?? graceSeconds);

/**
 * What is to be done next for a stop that stands on the Job; nothing when the rest is the Job controller's, or the node's (docs/adr/0010-cancel.md). A
 * grace that is shorter than the pod's own goes first: a kubelet that has heard of one never hears of another. So does a pod without a node,
 * unless it has got one by then: the controller's deletion would take it away without the word of that node. The pod is told by us, too, where
 * the controller does not act, as it may be down; and goes without its node's word where that does not come and force was asked for.
 */
export function stopWish(job: JobView, facts: JobFacts, stop: Stop): { stopWish?: StopWish } {
  const grace = graceOf(job, stop);
  const alive = facts.pods.filter((p) => !isFinalPod(p));
  const pods = alive.map(({ view }) => view);
  const untold = pods.find(({ deleteTime }) => deleteTime === undefined);
  const ending = isEnding(job, facts);
  const wish = (pod: PodView, graceSeconds: number, time: number, more: { version?: string } = {}) => ({
    stopWish: {
      kind: 'pod',
      pod: refOf(pod),
      graceSeconds,
      time,
      ...(!ending && { beforeJob: true as const }),
      ...more,
    } as const,
  });
  const unplaced = ending ? undefined : alive.find(({ view }) => view === untold && view.node === '');
  if (unplaced !== undefined) return wish(unplaced.view, grace, atOnce, { version: unplaced.version });
  if (untold !== undefined && grace < job.graceSeconds) return wish(untold, grace, atOnce);
  if (!ending) return { stopWish: { kind: 'job', time: atOnce } };
  if (untold !== undefined) return wish(untold, grace, stop.time + patienceMs.controller);
  const slow = pods.find(({ deleteGraceSeconds }) => deleteGraceSeconds > grace);
  if (slow !== undefined) return wish(slow, grace, atOnce);
  const silent = stop.force && pods.find(({ deleteGraceSeconds }) => deleteGraceSeconds > 0);
  return silent ? wish(silent, 0, (silent.deleteTime ?? stop.time) + patienceMs.node) : {};
}

/** Its controller ends the Job, or has, or nobody will. */
const isEnding = (job: JobView, { gone }: JobFacts): boolean =>
  gone || job.deleteTime !== undefined || isDecided(job) || (job.deadlineSeconds === 0 && !job.suspended);

const refOf = ({ namespace, name, uid }: PodView) => ({ namespace, name, uid });
