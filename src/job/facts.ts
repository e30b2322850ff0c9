import type { EpochMs } from '../step/step.ts';
import { withEvents } from './event-facts.ts';
import type { EventView } from './event-view.ts';
import { annotation } from './metadata.ts';
import { isNotable, type NodeView } from './node-view.ts';
import type { JobView, Observation } from './observation.ts';
import { type PodFacts, withPod } from './pod-facts.ts';
import { oldestFirst } from './pod-order.ts';
import { isFinalPod } from './proof.ts';
import { isOlder } from './version.ts';

/** Everything that was observed of one Job. */
export interface JobFacts {
  /** Undefined while only pods were seen. */
  readonly job: JobView | undefined;
  readonly version: string;
  readonly gone: boolean;
  /** Oldest first. */
  readonly pods: readonly PodFacts[];
  readonly noMorePods: boolean;
  /** Of the Job and of its pods, bounded, oldest first. Best effort: their absence proves nothing. */
  readonly events: readonly EventView[];
  /** Nodes of pods that live, of which there is something to say; absent where there is not. */
  readonly nodes?: readonly NodeView[];
  /** The end of the agent's output in one pod; absent where nobody asked for it. */
  readonly logTail?: { readonly podUid: string; readonly text: string };
  /** Why the API server takes no record of the end. */
  readonly unrecordable?: string;
  /** The cluster's store went back behind something that was known of it. */
  readonly restored?: true;
}

const nothing: JobFacts = {
  job: undefined,
  version: '',
  gone: false,
  pods: [],
  noMorePods: false,
  events: [],
};

export function jobUidOf(observation: Observation): string {
  switch (observation.kind) {
    case 'job':
      return observation.job.uid;
    case 'pod':
    case 'pod-gone':
      return observation.pod.jobUid;
    case 'job-gone':
    case 'events':
    case 'log-tail':
    case 'node':
    case 'unrecordable':
    case 'no-more-pods':
      return observation.jobUid;
    default: {
      const never: never = observation;
      return never;
    }
  }
}

/**
 * The facts with one more observation, in whatever order they come: an older version of an object never replaces a newer one, since a
 * patch's answer may overtake the watch. Undefined when nothing is left. `now` is the executor's clock, for what Kubernetes puts no time to.
 */
export function merge(
  before: JobFacts | undefined,
  observation: Observation,
  now: EpochMs,
): JobFacts | undefined {
  const facts = before ?? nothing;
  switch (observation.kind) {
    case 'job':
      if (!observation.restored && isOlder(observation.version, facts.version)) return facts;
      return {
        ...afterRestore(facts, observation),
        job: withIdentity(observation.job, facts.job),
        version: observation.version,
        pods: facts.job === undefined ? beside(observation.job, facts.pods) : facts.pods,
      };
    case 'job-gone':
      return facts.job === undefined ? before : { ...facts, gone: true };
    case 'pod':
      if (isStranger(observation.pod, facts.job)) return before;
      return onTheirNodes({
        ...facts,
        noMorePods: false,
        pods: oldestFirst(withPod(facts.pods, observation, now)),
      });
    case 'pod-gone': {
      if (isStranger(observation.pod, facts.job)) return before;
      const pods = oldestFirst(withPod(facts.pods, observation, now));
      return facts.job === undefined ? leftOver(pods) : onTheirNodes({ ...facts, pods });
    }
    case 'node':
      return before && withNode(before, observation.node);
    case 'events':
      // Events of Jobs that are not ours come too: they must leave nothing behind.
      return facts.job === undefined ? before : withTheirs(facts, facts.job, observation.events);
    case 'log-tail': {
      const { podUid, text } = observation;
      return facts.job === undefined ? before : { ...facts, logTail: { podUid, text } };
    }
    case 'unrecordable':
      return facts.job === undefined ? before : { ...facts, unrecordable: observation.why };
    case 'no-more-pods':
      return facts.job === undefined ? before : { ...facts, noMorePods: true };
    default: {
      const never: never = observation;
      return never;
    }
  }
}

/** What is left of the knowledge of a Job that is told as it was before what was known of it: its deletion has not happened. */
function afterRestore(
  facts: JobFacts,
  { version, restored }: Extract<Observation, { kind: 'job' }>,
): JobFacts {
  if (!restored || !(facts.gone || isOlder(version, facts.version))) return facts;
  return { ...facts, gone: false, noMorePods: false, restored };
}

/** Uids can be written by hand into labels, owners and Events; in another namespace by somebody who has no rights in this one. */
const isStranger = ({ namespace }: { readonly namespace: string }, job: JobView | undefined): boolean =>
  job !== undefined && namespace !== job.namespace;

/** The same array where there is no stranger. */
const beside = (job: JobView, pods: readonly PodFacts[]): readonly PodFacts[] =>
  pods.some((p) => isStranger(p.view, job)) ? pods.filter((p) => !isStranger(p.view, job)) : pods;

function withNode(facts: JobFacts, node: NodeView): JobFacts {
  const { nodes = [], ...rest } = facts;
  const others = nodes.filter(({ name }) => name !== node.name);
  if (!isNotable(node) && others.length === nodes.length) return facts;
  return onTheirNodes({ ...rest, nodes: isNotable(node) ? [...others, node] : others });
}

/** A node that no pod lives on any more is no business of the step's: nobody tells when it is well again. */
function onTheirNodes(facts: JobFacts): JobFacts {
  const { nodes, ...rest } = facts;
  if (nodes === undefined) return facts;
  const theirs = nodes.filter(({ name }) =>
    facts.pods.some((pod) => pod.view.node === name && !isFinalPod(pod)),
  );
  if (theirs.length === nodes.length && theirs.length > 0) return facts;
  return theirs.length === 0 ? rest : { ...rest, nodes: theirs };
}

function withTheirs(facts: JobFacts, job: JobView, events: readonly EventView[]): JobFacts {
  const theirs = events.filter((e) => !isStranger(e, job));
  return { ...facts, events: withEvents(facts.events, theirs) };
}

/** What was written at the create and never since: somebody who edits it by hand must not make another step of this one. */
const written = [annotation.key, annotation.specHash, annotation.timeouts, annotation.pool];

function withIdentity(job: JobView, before: JobView | undefined): JobView {
  if (before === undefined || written.every((k) => job.annotations[k] === before.annotations[k])) return job;
  const first = Object.entries(before.annotations).filter(([k]) =>
    (written as readonly string[]).includes(k),
  );
  return { ...job, annotations: { ...job.annotations, ...Object.fromEntries(first) } };
}

/** Pods whose Job was never seen are kept only as long as they are there. */
function leftOver(pods: readonly PodFacts[]): JobFacts | undefined {
  const rest = pods.filter((p) => !p.gone);
  return rest.length === 0 ? undefined : { ...nothing, pods: rest };
}
