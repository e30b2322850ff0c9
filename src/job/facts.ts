import type { JobView, Observation, PodView } from './observation.ts';

/** A pod as it was seen last. */
export interface PodFacts {
  readonly view: PodView;
  readonly version: string;
  /** Deleted from the API server; `view` is what it said then, or before if nobody saw the end. */
  readonly gone: boolean;
  /** Why the agent's container waited last: Kubernetes overwrites it when such a pod is removed (KUBERNETES.md section 2c). */
  readonly waited: { readonly reason: string; readonly message: string } | undefined;
}

/** Everything that was observed of one Job. */
export interface JobFacts {
  /** Undefined while only pods were seen. */
  readonly job: JobView | undefined;
  readonly version: string;
  readonly gone: boolean;
  /** Oldest first. */
  readonly pods: readonly PodFacts[];
  readonly noMorePods: boolean;
}

const nothing: JobFacts = { job: undefined, version: '', gone: false, pods: [], noMorePods: false };

export function jobUidOf(observation: Observation): string {
  switch (observation.kind) {
    case 'job':
      return observation.job.uid;
    case 'pod':
    case 'pod-gone':
      return observation.pod.jobUid;
    case 'job-gone':
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
 * patch's answer may overtake the watch. Undefined when nothing is left.
 */
export function merge(before: JobFacts | undefined, observation: Observation): JobFacts | undefined {
  const facts = before ?? nothing;
  switch (observation.kind) {
    case 'job':
      if (facts.gone || isOlder(observation.version, facts.version)) return facts;
      return { ...facts, job: observation.job, version: observation.version };
    case 'job-gone':
      return facts.job === undefined ? leftOver(facts.pods) : { ...facts, gone: true };
    case 'pod':
      return {
        ...facts,
        noMorePods: false,
        pods: withPod(facts.pods, observation.pod, observation.version, false),
      };
    case 'pod-gone': {
      const pods = withPod(facts.pods, observation.pod, observation.version, true);
      return facts.job === undefined ? leftOver(pods) : { ...facts, pods };
    }
    case 'no-more-pods':
      return { ...facts, noMorePods: true };
    default: {
      const never: never = observation;
      return never;
    }
  }
}

/** Pods whose Job was never seen are kept only as long as they are there. */
function leftOver(pods: readonly PodFacts[]): JobFacts | undefined {
  const rest = pods.filter((p) => !p.gone);
  return rest.length === 0 ? undefined : { ...nothing, pods: rest };
}

function withPod(
  pods: readonly PodFacts[],
  view: PodView,
  version: string,
  gone: boolean,
): readonly PodFacts[] {
  const before = pods.find((p) => p.view.uid === view.uid);
  if (before !== undefined && (before.gone || isOlder(version, before.version))) {
    return gone && !before.gone ? pods.map((p) => (p === before ? { ...before, gone } : p)) : pods;
  }
  const waiting = view.agent?.kind === 'waiting' ? view.agent : undefined;
  const ordinary =
    waiting === undefined || waiting.reason === 'ContainerCreating' || waiting.reason === 'PodInitializing';
  const waited = ordinary ? before?.waited : { reason: waiting.reason, message: waiting.message };
  const after: PodFacts = { view, version, gone, waited };
  if (before !== undefined) return pods.map((p) => (p === before ? after : p));
  return [...pods, after].sort(
    (a, b) => a.view.createTime - b.view.createTime || (a.view.uid < b.view.uid ? -1 : 1),
  );
}

/** Versions are comparable decimals (KEP-5504); anything else is taken as newer. */
export function isOlder(version: string, than: string): boolean {
  if (!/^\d+$/.test(version) || !/^\d+$/.test(than)) return false;
  return version.length === than.length ? version < than : version.length < than.length;
}
