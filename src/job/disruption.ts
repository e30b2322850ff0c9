import type { ConditionView, JobView } from './observation.ts';
import type { OutcomeReason } from './outcome-reasons.ts';
import { condition } from './pod-conditions.ts';
import type { PodFacts } from './pod-facts.ts';

/** Kubernetes' own reasons for a pod that it takes away (KEP-3329). */
const reasons: Readonly<Record<string, OutcomeReason>> = {
  PreemptionByScheduler: 'Preempted',
  DeletionByTaintManager: 'NodeTainted',
  EvictionByEvictionAPI: 'Drained',
  TerminationByKubelet: 'Evicted',
  DeletionByPodGC: 'NodeLost',
};

/** No field tells these apart from others of their kind: the words of the kubelet, and of the controllers of spot machines, do. */
const byWords: readonly (readonly [RegExp, OutcomeReason])[] = [
  [
    /\bspot\b.{0,40}(interrupt|reclaim|terminat|preempt|evict|shut)|\b(interrupt|reclaim|terminat|preempt|evict)\w*.{0,40}\bspot\b|preemptible|(interruption|termination) notice/i,
    'SpotReclaimed',
  ],
  [/node shutdown|node is shutting down|imminent.{0,20}shutdown/i, 'NodeShutdown'],
];

/** The kubelet's own reasons for pods of a node that shuts down, of all versions that are supported. */
const shutdowns = ['Terminated', 'NodeShutdown', 'Shutdown'];

export interface Disruption {
  readonly reason: OutcomeReason;
  /** For people. */
  readonly message: string;
}

/** Our reason for the cluster's mark on a pod that it takes away; `told` is what else was said of that pod. */
export function disruptionOf(
  mark: Pick<ConditionView, 'reason' | 'message'>,
  told: readonly string[] = [],
): Disruption {
  const message = mark.message.trim();
  const reason = wordsFor([message, ...told]) ?? reasons[mark.reason] ?? 'Disrupted';
  if (reason !== 'Drained') return { reason, message };
  const who =
    'The pod was evicted through the Eviction API, as a drain of its node does; the API server does not tell who asked.';
  return { reason, message: message === '' ? who : `${who} It says: ${message}` };
}

/** What the node says of a pod that it ended because it shuts down; undefined for other ends. */
export function shutdownOf({
  reason,
  message,
}: Pick<PodFacts['view'], 'reason' | 'message'>): Disruption | undefined {
  if (!shutdowns.includes(reason)) return undefined;
  const said = message.trim() || 'The node shuts down.';
  return { reason: wordsFor([said]) ?? 'NodeShutdown', message: said };
}

/** Our reason for what only the words of a node or a controller tell. */
export const wordsFor = (texts: readonly string[]): OutcomeReason | undefined =>
  byWords.find(([words]) => texts.some((text) => words.test(text)))?.[1];

/** Why a pod that Kubernetes replaces was lost. */
export function whyReplaced(job: JobView, pod: PodFacts | undefined): Disruption {
  const mark = pod && condition(pod.view.conditions, 'DisruptionTarget');
  const { reason, message }: Disruption =
    mark === undefined ? { reason: 'Disrupted', message: '' } : disruptionOf(mark);
  return {
    reason,
    message: `Pod ${pod?.view.name ?? job.name} was lost, and is replaced: ${message || 'its end was not seen'}`,
  };
}
