import type { Milestone } from '../step/verdict.ts';
import type { EventsWish } from '../step/wishes.ts';
import { pulls } from './event-facts.ts';
import type { JobFacts } from './facts.ts';
import type { JobView } from './observation.ts';
import { condition } from './pod-conditions.ts';
import type { PodFacts } from './pod-facts.ts';

/**
 * Which Events would say more of a step than its objects do. An ordinary start asks for none: a pod is there within milliseconds and
 * its container within a second.
 */
export function eventsWish(
  job: JobView,
  facts: JobFacts,
  pod: PodFacts | undefined,
  here: Pick<Milestone, 'phase' | 'state'>,
): EventsWish | undefined {
  if (here.state === 'RUNNING') return pod && startWish(facts, pod);
  if (here.state !== 'PENDING' || job.suspended) return undefined;
  if (pod === undefined) return { about: job.uid, question: 'no-pod', delayMs: 1_000, again: true };
  const about = pod.view.uid;
  const { agent, node, heldBy } = pod.view;
  if (node === '' || agent?.kind === 'terminated') return undefined;
  const held = agent?.kind === 'waiting' && (heldBy !== undefined || !ordinary.includes(agent.reason));
  if (held) return { about, question: 'held', delayMs: 2_000, again: false };
  return { about, question: 'creating', delayMs: 2_000, again: true };
}

const ordinary = ['', 'ContainerCreating', 'PodInitializing'];

/** Kubernetes cuts both times to whole seconds: more than one apart is more than a second for certain. */
const longStartMs = 1_000;

/** Where the time of a start went that took long: when the image was pulled stands in Events alone. */
function startWish(facts: JobFacts, { view, startTime }: PodFacts): EventsWish | undefined {
  const placed = condition(view.conditions, 'PodScheduled')?.time;
  if (startTime === undefined || placed === undefined || startTime - placed <= longStartMs) return undefined;
  if (pulls(facts, view.uid).pulled !== undefined) return undefined;
  return { about: view.uid, question: 'start', delayMs: 0, again: false };
}
