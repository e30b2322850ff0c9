import type { StartWish } from '../step/wishes.ts';
import { isDecided } from './decision.ts';
import type { JobFacts } from './facts.ts';
import { annotation, startGate } from './metadata.ts';
import type { JobView } from './observation.ts';
import type { PodFacts } from './pod-facts.ts';
import { isFinalPod } from './proof.ts';
import { firstWriter, type PatchOperation, type Stop, unchanged } from './stop.ts';

/*
 * How a step starts at most once, whatever becomes of its pods (DESIGN.md section 5, docs/adr/0007-at-most-once.md). A gate can be taken
 * from a pod and never put on it, and no scheduler touches a pod that has one: so a pod that was not chosen has not started, and will not.
 */

/** Nobody can have started the pod when it was seen last: our gate is on it. */
export const isHeld = ({ view }: Pick<PodFacts, 'view'>): boolean => view.gateAt !== undefined;

/** The uid that stands on the Job, whatever it is. */
export const chosenUid = ({ annotations }: Pick<JobView, 'annotations'>): string | undefined =>
  annotations[annotation.chosenPod];

/** The pod that tells the story of such a step: the chosen one alone, as soon as there is one. */
export function onePod(job: JobView, { pods }: Pick<JobFacts, 'pods'>): PodFacts | undefined {
  const chosen = chosenUid(job);
  if (chosen !== undefined) return pods.find((p) => p.view.uid === chosen);
  return pods.find((p) => !isHeld(p)) ?? pods.find(mayBeChosen) ?? pods.at(-1);
}

/** One that somebody else has let go is the one, also when it is over: it may have started. */
const mayBeChosen = (pod: PodFacts): boolean =>
  !isHeld(pod) || (!isFinalPod(pod) && pod.view.deleteTime === undefined);

/** Whether it is certain that this pod is the step's: of a step that starts at most once, not before it stands on the Job. */
export const isKnown = (job: JobView, { view }: PodFacts): boolean =>
  !job.startsOnce || chosenUid(job) === view.uid;

/** Whether the Job has made another pod in the place of the chosen one: it knows nothing of that any more, and will never say how it ended. */
export const isSuperseded = (
  job: JobView,
  { pods }: Pick<JobFacts, 'pods'>,
  pod: PodFacts | undefined,
): boolean => chosenUid(job) !== undefined && pods.some((p) => p !== pod && !isFinalPod(p));

/** Whether it is certain of a Job that is over that none of its pods was ever let go. */
export const neverChose = (job: JobView, pod: PodFacts | undefined): boolean =>
  job.startsOnce === true && chosenUid(job) === undefined && (pod === undefined || isHeld(pod));

/** What is to be done for the one pod to start; undefined when it is done, or must not be done any more. */
export function startWish(
  job: JobView,
  facts: JobFacts,
  pod: PodFacts | undefined,
  stop: Stop | undefined,
): StartWish | undefined {
  if (!job.startsOnce || pod === undefined || stop !== undefined) return undefined;
  // What a store has forgotten that went back may have happened all the same.
  if (facts.gone || facts.restored || isEnding(job)) return undefined;
  const { namespace, name, uid, gateAt } = pod.view;
  const ref = { namespace, name, uid };
  if (chosenUid(job) === undefined) {
    if (!mayBeChosen(pod)) return undefined;
    const { [annotation.stop]: damagedStop, [annotation.record]: damagedRecord } = job.annotations;
    return { kind: 'choose', pod: ref, beside: { stop: damagedStop, record: damagedRecord } };
  }
  if (gateAt === undefined || !mayBeChosen(pod)) return undefined;
  return { kind: 'open', pod: ref, gateAt };
}

const isEnding = (job: JobView): boolean =>
  job.deleteTime !== undefined || job.suspended || job.deadlineSeconds === 0 || isDecided(job);

/** Writes the choice onto the Job, for good: unless there is one, or the step is being stopped, is over, or is deleted. */
export const choosePatch = (
  jobUid: string,
  { pod, beside }: Extract<StartWish, { kind: 'choose' }>,
): readonly PatchOperation[] => [
  unchanged(annotation.stop, beside.stop),
  unchanged(annotation.record, beside.record),
  { op: 'test', path: '/metadata/deletionTimestamp', value: null },
  ...firstWriter(jobUid, annotation.chosenPod, pod.uid),
];

/** Takes our gate, and no other, from this very pod. */
export const openPatch = ({
  pod,
  gateAt,
}: Extract<StartWish, { kind: 'open' }>): readonly PatchOperation[] => [
  { op: 'test', path: '/metadata/uid', value: pod.uid },
  { op: 'test', path: `/spec/schedulingGates/${gateAt}/name`, value: startGate },
  { op: 'remove', path: `/spec/schedulingGates/${gateAt}` },
];
