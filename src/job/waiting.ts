import { oneLine } from '../lib/plain-text.ts';
import type { EpochMs, Waiting } from '../step/step.ts';
import { eventsAbout } from './event-facts.ts';
import type { JobFacts } from './facts.ts';
import type { JobView } from './observation.ts';
import type { PodFacts } from './pod-facts.ts';
import { isFinalPod } from './proof.ts';
import { waitingReasons } from './reasons.ts';
import { nodeOf, silenceOf } from './silent-node.ts';
import type { Cause, WaitCase, WaitRule } from './waiting-case.ts';
import { refused, suspended } from './waiting-create.ts';
import { container, nodeLost, nodeNotReady, pulling, sandbox } from './waiting-node.ts';
import { gated, unschedulable, volume } from './waiting-schedule.ts';

/** In this order: the first that speaks. Before a pod is there, and behind. */
const withoutPod: readonly WaitRule[] = [suspended, refused];
const withPod: readonly WaitRule[] = [
  gated,
  unschedulable,
  nodeLost,
  container,
  volume,
  sandbox,
  nodeNotReady,
  pulling,
];

/**
 * Why a step that is not running yet waits, as far as its objects and their Events say it; undefined when it is on its ordinary way.
 * `since` is when the step came to where it is, for reasons that nothing puts a time to.
 */
export function waiting(
  job: JobView,
  facts: Pick<JobFacts, 'events' | 'pods' | 'nodes'>,
  pod: PodFacts | undefined,
  since: EpochMs,
): Waiting | undefined {
  const cause = causeOf(job, facts, pod);
  return cause && told(cause, since);
}

const told = ({ reason, message, remedy, since: known }: Cause, since: EpochMs): Waiting => ({
  reason,
  message: oneLine(message, longest),
  remedy: remedy ?? waitingReasons[reason].remedy,
  since: known ?? since,
});

/** Why a step that is being stopped is not over: its node cannot confirm it. Nothing ends that wait but the node, or who takes it away. */
export function waitingToEnd(
  facts: Pick<JobFacts, 'nodes'>,
  pod: PodFacts | undefined,
  since: EpochMs,
): Waiting | undefined {
  if (pod === undefined || isFinalPod(pod) || pod.view.agent?.kind === 'terminated') return undefined;
  const silence = silenceOf(pod, nodeOf(facts, pod));
  if (silence === undefined) return undefined;
  const message = `${silence.message} Whether the agent still runs there is not known.`;
  return told({ reason: 'NodeLost', message, since: silence.since }, since);
}

/**
 * What a step without a process waited for when it was ended. By then its pod says something else: the container's own reason is
 * overwritten (KUBERNETES.md section 2c), and is taken from what was seen before.
 */
export function lastWaiting(
  job: JobView,
  facts: Pick<JobFacts, 'events' | 'pods' | 'nodes'>,
  pod: PodFacts | undefined,
): Pick<Waiting, 'reason' | 'message'> | undefined {
  if (pod === undefined) return waiting(job, facts, pod, 0);
  if (pod.startTime !== undefined) return undefined;
  const { reason, message } = pod.waited ?? { reason: 'ContainerCreating', message: '' };
  return waiting(
    job,
    facts,
    { ...pod, view: { ...pod.view, agent: { kind: 'waiting', reason, message } } },
    0,
  );
}

function causeOf(
  job: JobView,
  { events, pods, nodes = [] }: Pick<JobFacts, 'events' | 'pods' | 'nodes'>,
  pod: PodFacts | undefined,
): Cause | undefined {
  const wait: WaitCase = {
    job,
    pod,
    node: nodeOf({ nodes }, pod),
    podWanted: pods.at(-1)?.view.createTime ?? job.createTime,
    jobEvents: eventsAbout(events, job.uid),
    podEvents: pod === undefined ? [] : eventsAbout(events, pod.view.uid),
  };
  for (const rule of pod === undefined ? withoutPod : withPod) {
    const cause = rule(wait);
    if (cause !== undefined) return cause;
  }
  return undefined;
}

/** Registries and webhooks may say a lot. */
const longest = 1_000;
