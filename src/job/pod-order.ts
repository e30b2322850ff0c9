import { isDisrupted } from './pod-conditions.ts';
import type { PodFacts } from './pod-facts.ts';
import { isFinalPod } from './proof.ts';
import { isOlder } from './version.ts';

/** Oldest first. The same array where nothing is out of order. */
export function oldestFirst(pods: readonly PodFacts[]): readonly PodFacts[] {
  const sorted = pods.every((pod, i) => i === 0 || compareAge(pods[i - 1] ?? pod, pod) <= 0);
  return sorted ? pods : pods.toSorted(compareAge);
}

/**
 * A creationTimestamp has whole seconds, and a Job may make two pods in one. It makes another when the one before is over
 * (podReplacementPolicy: Failed), or was taken from it; so of two of one second that one is the older which is over while the other is
 * not. Where both are, it is the one that a disruption has taken, or a deletion, or that has ended before the other; and at last the one
 * that was there in the older version of the store. All of it says what the pods are, not when it was seen. Pods of lives that stand on
 * the Job need none of this: they are named there (`currentLife`).
 */
function compareAge(a: PodFacts, b: PodFacts): number {
  return (
    a.view.createTime - b.view.createTime ||
    first(isFinalPod(a), isFinalPod(b)) ||
    first(isDisrupted(a.view), isDisrupted(b.view)) ||
    first(isDeleted(a), isDeleted(b)) ||
    endOf(a) - endOf(b) ||
    first(isOlder(a.seenIn, b.seenIn), isOlder(b.seenIn, a.seenIn)) ||
    (a.view.uid < b.view.uid ? -1 : 1)
  );
}

/** The one that it is true of goes first. */
const first = (a: boolean, b: boolean): number => Number(b) - Number(a);

const isDeleted = ({ view, gone }: PodFacts): boolean => gone || view.deleteTime !== undefined;

/** 0 of a pod whose agent has not run to an end: it was taken before it could. */
const endOf = ({ view }: PodFacts): number =>
  view.agent?.kind === 'terminated' ? (view.agent.endTime ?? 0) : 0;
