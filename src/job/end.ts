import { anotherPod } from './another-pod.ts';
import { fromJob } from './end-job.ts';
import { fromPod } from './end-pod.ts';
import { eventsAbout } from './event-facts.ts';
import type { JobFacts } from './facts.ts';
import type { Life } from './life.ts';
import type { JobView } from './observation.ts';
import type { Ended } from './outcome.ts';
import { isLostPod } from './pod-conditions.ts';
import { isFinalPod, proofOf } from './proof.ts';
import type { Stop } from './stop.ts';
import { lastWaiting } from './waiting.ts';

const removals = ['Evicted', 'Preempted', 'TaintManagerEviction', 'Disrupted'];

/**
 * How the step ended; undefined while it is not over, or while nobody can know yet. `absence`: it rests on pods that were not seen, and a
 * consistent read must confirm that.
 */
export function ended(
  job: JobView,
  facts: JobFacts,
  life: Pick<Life, 'pod' | 'replaced' | 'history'>,
  stop: Stop | undefined,
): (Ended & { absence: boolean }) | undefined {
  const end = thisLife(job, facts, life, stop);
  if (end === undefined || end.outcome.mayHaveStarted || !ranBefore(job, facts, life)) return end;
  return { ...end, outcome: { ...end.outcome, mayHaveStarted: true } };
}

/**
 * Whether another pod than this life's may have run the agent. A Job does not count the pods that it replaces, and one that replaces a lost
 * pod may have come and gone unseen.
 */
const ranBefore = (
  job: JobView,
  { pods }: JobFacts,
  { pod, history }: Pick<Life, 'pod' | 'history'>,
): boolean =>
  history !== undefined ||
  (job.replaces && (pod === undefined || isLostPod(pod.view))) ||
  pods.some((p) => p !== pod && p.startTime !== undefined);

function thisLife(
  job: JobView,
  facts: JobFacts,
  { pod, replaced }: Pick<Life, 'pod' | 'replaced'>,
  stop: Stop | undefined,
): (Ended & { absence: boolean }) | undefined {
  if (replaced) return undefined;
  if (facts.pods.some((p) => p !== pod && !isFinalPod(p))) return undefined;
  const proof = pod && proofOf(pod);
  if (pod !== undefined && proof !== undefined) {
    const agent = pod.view.agent?.kind === 'terminated' ? pod.view.agent : undefined;
    const waited = lastWaiting(job, facts, pod);
    const told = eventsAbout(facts.events, pod.view.uid)
      .filter(({ reason }) => removals.includes(reason))
      .map(({ message }) => message);
    const end = fromPod({ job, jobGone: facts.gone, pod, agent, stop, proof, waited, told });
    const another = end && anotherPod(job, facts, stop, end);
    return another === 'undecided' ? undefined : end && { ...end, absence: another === 'unread' };
  }
  if (pod !== undefined && !pod.gone) return undefined;
  const end = fromJob(job, facts, pod, stop);
  return end && { ...end, absence: pod === undefined && !facts.noMorePods };
}
