import type { EpochMs } from '../step/step.ts';
import { anotherPod } from './another-pod.ts';
import { fromJob, unconfirmed } from './end-job.ts';
import { fromPod } from './end-pod.ts';
import { eventsAbout } from './event-facts.ts';
import type { JobFacts } from './facts.ts';
import type { Life } from './life.ts';
import type { JobView } from './observation.ts';
import { isHeld, isSuperseded } from './one-start.ts';
import type { Ended } from './outcome.ts';
import { isLostPod, stopTime } from './pod-conditions.ts';
import type { PodFacts } from './pod-facts.ts';
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
  // A pod that was not chosen, of a step that starts at most once, holds up nothing: it never runs.
  if (facts.pods.some((p) => p !== pod && !isFinalPod(p) && !isHeld(p))) return undefined;
  const superseded = (pod === undefined || pod.gone) && isSuperseded(job, facts, pod);
  const proof = pod && proofOf(pod);
  if (pod !== undefined && proof !== undefined) {
    const agent = pod.view.agent?.kind === 'terminated' ? pod.view.agent : undefined;
    const waited = lastWaiting(job, facts, pod);
    const told = eventsAbout(facts.events, pod.view.uid)
      .filter(({ reason }) => removals.includes(reason))
      .map(({ message }) => message);
    const end = fromPod({ job, jobGone: facts.gone, superseded, pod, agent, stop, proof, waited, told });
    const another = end && anotherPod(job, facts, stop, end);
    return another === 'undecided' ? undefined : end && { ...end, absence: another === 'unread' };
  }
  if (pod !== undefined && !pod.gone) return undefined;
  const end =
    fromJob(job, facts, pod, stop) ??
    (superseded ? unconfirmed(job, pod, lostAt(job, pod), stop) : undefined);
  return end && { ...end, absence: pod === undefined && !facts.noMorePods };
}

/** Nothing tells when a pod was lost that nobody saw go. */
const lostAt = (job: JobView, pod: PodFacts | undefined): EpochMs =>
  (pod && stopTime(pod.view)) ?? pod?.startTime ?? pod?.view.createTime ?? job.createTime;
