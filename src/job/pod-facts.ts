import type { EpochMs } from '../step/step.ts';
import type { Observation, PodView } from './observation.ts';
import { isOlder } from './version.ts';
import { laterWait, type Waited, type Waits, waitedIn, withWait } from './waits.ts';

/** What was seen of one pod: its newest state, and what Kubernetes overwrites when a pod is removed (KUBERNETES.md section 2c). */
export interface PodFacts {
  readonly view: PodView;
  readonly version: string;
  /** The oldest version that was seen. */
  readonly seenIn: string;
  /** Deleted from the API server. */
  readonly gone: boolean;
  /** `view` is what the pod was when it was deleted. False for a deletion that nobody watched: much may have happened in between. */
  readonly sawEnd: boolean;
  /** It was seen behind a scheduling gate. */
  readonly wasGated: boolean;
  /** Why the agent's container waited last. */
  readonly waited: Waited | undefined;
  readonly waits: Waits;
  /** When the agent's process started, by its node's clock; undefined when it was not seen to. */
  readonly startTime: EpochMs | undefined;
  /** The agent's container had ended while nobody had asked for the pod's deletion. */
  readonly endedAlone: boolean;
  /** The oldest version that was seen with a deletion; undefined while there is none. */
  readonly deletedIn: string | undefined;
}

type PodSight = Extract<Observation, { kind: 'pod' | 'pod-gone' }>;

/** The pods of a Job with one more sight of one of them. Sights may come in any order, and more than once. */
export function withPod(pods: readonly PodFacts[], sight: PodSight, now: EpochMs): readonly PodFacts[] {
  const before = pods.find((p) => p.view.uid === sight.pod.uid);
  if (before !== undefined)
    return pods.map((p) => (p === before ? again(asRestored(before, sight), sight, now) : p));
  return pods.concat(first(sight, now));
}

function first({ kind, pod: view, version }: PodSight, now: EpochMs): PodFacts {
  const gone = kind === 'pod-gone';
  const waited = waitedIn(view, version);
  return {
    view,
    version,
    seenIn: version,
    gone,
    sawEnd: gone,
    wasGated: view.gated,
    waited,
    waits: withWait({}, waited, now),
    startTime: startedIn(view),
    endedAlone: endedAlone(view),
    deletedIn: deletedIn(view, version),
  };
}

/**
 * What is left of the knowledge of a pod when the cluster's store went back. That its process has started, or ended, it did all the same;
 * that it was deleted is not true any more.
 */
function asRestored(before: PodFacts, sight: PodSight): PodFacts {
  if (sight.kind !== 'pod' || !sight.restored) return before;
  return { ...before, version: '', seenIn: sight.version, gone: false, sawEnd: false, deletedIn: undefined };
}

function again(before: PodFacts, sight: PodSight, now: EpochMs): PodFacts {
  const { kind, pod: view, version } = sight;
  const gone = kind === 'pod-gone';
  const newer = !before.sawEnd && !isOlder(version, before.version);
  // A deletion that a list shows by the pod's absence carries the version that was known; one that was watched has its own.
  const sawEnd = before.sawEnd || (gone && newer && version !== before.version);
  const waited = laterWait(before.waited, waitedIn(view, version));
  return {
    ...(newer ? { view, version } : { view: before.view, version: before.version }),
    seenIn: isOlder(version, before.seenIn) ? version : before.seenIn,
    gone: before.gone || gone,
    sawEnd,
    wasGated: before.wasGated || view.gated,
    waited,
    waits: withWait(before.waits, waited, now),
    startTime: before.startTime ?? startedIn(view),
    endedAlone: before.endedAlone || endedAlone(view),
    deletedIn: older(before.deletedIn, deletedIn(view, version)),
  };
}

function startedIn({ agent, createTime }: PodView): EpochMs | undefined {
  if (agent?.kind === 'running') return agent.startTime ?? createTime;
  return agent?.kind === 'terminated' ? agent.startTime : undefined;
}

const endedAlone = ({ agent, deleteTime }: PodView): boolean =>
  agent?.kind === 'terminated' && deleteTime === undefined;

const deletedIn = ({ deleteTime }: PodView, version: string): string | undefined =>
  deleteTime === undefined ? undefined : version;

const older = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || (b !== undefined && isOlder(b, a)) ? b : a;
