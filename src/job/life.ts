import type { Step, Transition } from '../step/step.ts';
import type { Replaced } from '../step/wishes.ts';
import { isDecided } from './decision.ts';
import { whyReplaced } from './disruption.ts';
import type { JobFacts } from './facts.ts';
import { annotation, readJson } from './metadata.ts';
import type { JobView } from './observation.ts';
import { onePod } from './one-start.ts';
import { isLife } from './plausible.ts';
import { isLostPod } from './pod-conditions.ts';
import type { PodFacts } from './pod-facts.ts';
import { isFinalPod } from './proof.ts';
import { isTransition } from './record.ts';
import { type PatchOperation, replaceAnnotation, type Stop, unchanged } from './stop.ts';

/**
 * The lives of a step that a disruption ended and Kubernetes began anew, as they stand on the Job. Pods vanish; without this a replica
 * that starts later would count the lives differently.
 */
export interface History {
  /** Of the life that goes on now. */
  readonly incarnation: number;
  /** Why the last one ended, PascalCase, and in a sentence. */
  readonly reason: string;
  readonly message: string;
  /** Uids of the pods that are over, the newest last. */
  readonly pods: readonly string[];
  /** All that was told of the lives before. */
  readonly timeline: readonly Transition[];
}

/** The part of a step's story that one pod tells. */
export interface Life {
  readonly incarnation: number;
  /** Undefined before the pod was seen. */
  readonly pod: PodFacts | undefined;
  readonly history: History | undefined;
  /** The pod is over, and Kubernetes makes another one: the next life is to be recorded. */
  readonly replaced: boolean;
}

const mostPods = 32;

/**
 * Which pod tells the step's story now. Without replacement that is the newest one, whatever became of others; the chosen one of a step
 * that starts at most once.
 */
export function currentLife(job: JobView, facts: JobFacts, stop: Stop | undefined): Life {
  if (!job.replaces || job.startsOnce) {
    const pod = job.startsOnce ? onePod(job, facts) : facts.pods.at(-1);
    return { incarnation: 0, pod, history: undefined, replaced: false };
  }
  const history = readHistory(job.annotations[annotation.history]);
  const left = facts.pods.filter(isNotOver(facts, history));
  // A Job that is gone, or full, has no place to record another life: the newest pod tells the end of this one.
  const pod = takesNoLife(facts) ? left.at(-1) : left[0];
  const replaced = pod !== undefined && stop === undefined && isReplaced(job, facts, pod, left.length > 1);
  return { incarnation: history?.incarnation ?? 0, pod, history, replaced };
}

/** Whether a pod is not of a life before. Where only the last pods are named on the Job, those of before them are older. */
function isNotOver(
  { pods }: JobFacts,
  history: History | undefined,
): (pod: PodFacts, index: number) => boolean {
  const named = new Set(history?.pods);
  const oldest = named.size < mostPods ? 0 : pods.findIndex((p) => named.has(p.view.uid));
  return (pod, index) => index >= oldest && !named.has(pod.view.uid);
}

/** By its policy the Job replaces a pod that failed and was marked as disrupted, and no other. A successor in sight is proof enough. */
function isReplaced(job: JobView, facts: JobFacts, pod: PodFacts, hasSuccessor: boolean): boolean {
  if (takesNoLife(facts) || !isFinalPod(pod)) return false;
  if (hasSuccessor) return true;
  return isLostPod(pod.view) && !isEnding(job);
}

const takesNoLife = ({ gone, unrecordable }: JobFacts): boolean => gone || unrecordable !== undefined;

/** The Job controller has decided on the Job's end: no other pod will come. */
const isEnding = (job: JobView): boolean => job.deleteTime !== undefined || job.suspended || isDecided(job);

/** What is to be recorded when the next life begins. */
export function nextLife(job: JobView, { history, incarnation, pod }: Life): Replaced {
  const pods = [...(history?.pods ?? []), ...(pod === undefined ? [] : [pod.view.uid])].slice(-mostPods);
  const recorded = job.annotations[annotation.history];
  const end = job.annotations[annotation.record];
  return { incarnation: incarnation + 1, ...whyReplaced(job, pod), pods, recorded, end };
}

/** Writes the next life with all that was told of those before it, unless another replica was faster, or the end stands there. */
export function historyPatch(
  uid: string,
  { recorded, end, ...next }: Replaced,
  { timeline }: Pick<Step, 'timeline'>,
): readonly PatchOperation[] {
  const history: History & { version: number } = { version: 1, ...next, timeline };
  const write = replaceAnnotation(uid, annotation.history, recorded, JSON.stringify(history));
  return [unchanged(annotation.record, end), ...write];
}

/** Undefined for a text that is not ours. */
export function readHistory(text: string | undefined): History | undefined {
  const value = readJson(text) as Partial<History & { version: number }> | null | undefined;
  if (value?.version !== 1 || !Array.isArray(value.timeline) || !Array.isArray(value.pods)) return undefined;
  const { incarnation, reason, message, pods, timeline } = value;
  if (
    !isLife(incarnation) ||
    (incarnation as number) < 1 ||
    typeof reason !== 'string' ||
    typeof message !== 'string'
  )
    return undefined;
  if (!pods.every((p) => typeof p === 'string') || !timeline.every(isTransition)) return undefined;
  return { incarnation: incarnation as number, reason, message, pods, timeline };
}
