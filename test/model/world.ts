import type { JobView, PodView } from '../../src/job/observation.ts';
import { projectJob, projectPod } from '../../src/job/project.ts';
import { isTerminal, type JobState, jobObject, newJob, type PodState, podObject } from './objects.ts';
import type { Replica } from './replica.ts';

/** What nobody has to do, or what goes wrong. */
export const events = [
  'cancel',
  'time passes',
  'crash',
  'pod deleted',
  'pod force-deleted',
  'pod evicted',
  'finalizer removed',
  'Job deleted',
  'Job deleted in the foreground',
  'Job expires',
  'node lost',
  'node back',
  'node deleted',
  'node out of service',
] as const;
export type Event = (typeof events)[number];

/** What is explored. */
export interface Setting {
  readonly name: string;
  /** 1.30 says Failed at once when a deadline passes; 1.37 when the pods are over. */
  readonly kubernetes: '1.30' | '1.37';
  readonly replicas: 1 | 2;
  /** An event that stands there twice may happen twice. */
  readonly events: readonly Event[];
  /** How many of them may happen in one life; all of them if absent. */
  readonly most?: number;
  /** How the agent may end by itself; 0 and 3 if absent. */
  readonly exits?: readonly number[];
  /** No list takes the place of what a watch has yet to tell; only who starts lists. */
  readonly watchesLast?: boolean;
  /** Whether the Job replaces pods that a disruption has ended. */
  readonly replaces?: boolean;
  /** Whether the step starts at most once. */
  readonly once?: boolean;
}

/** One state of an object in the API server, as a view can be told of it. */
export interface Sight<V> {
  readonly id: number;
  readonly version: string;
  /** It was deleted, and this is its last state. */
  readonly gone: boolean;
  readonly view: V;
}

/** A pod: what its object says, and what is true. */
export interface Pod {
  readonly seen: PodState;
  /** Whether the object is there. */
  readonly there: boolean;
  /** batch.kubernetes.io/job-tracking */
  readonly finalizer: boolean;
  /** `none`: its node may still start it. */
  readonly process: 'none' | 'running' | 'ended' | 'never';
  readonly exitCode: number;
  readonly report: boolean;
  /** Its node had begun to stop it before it ended. */
  readonly killed: boolean;
}

export interface World {
  readonly setting: Setting;
  /** Undefined when it is deleted. */
  readonly job: JobState | undefined;
  /** Of a Job that is deleted: its controller had decided, and makes no pod any more. */
  readonly decided: boolean;
  readonly pods: readonly Pod[];
  /** Everything that a watch can tell, oldest first. */
  readonly jobLog: readonly Sight<JobView>[];
  readonly podLog: readonly Sight<PodView>[];
  readonly nodeLost: boolean;
  /** The timeout that was truly over when time passed; those before it are over too, for who has not seen that they are done with. */
  readonly overdue: '' | 'QueueTimeout' | 'StartTimeout' | 'RunTimeout' | 'nothing';
  readonly replicas: readonly Replica[];
  readonly used: readonly Event[];
  /** The ends that were told, by whatever replica: different ones only of a Job that is gone. */
  readonly told: readonly string[];
  /** The newest life that was told, by whatever replica. */
  readonly lives: number;
}

export function newWorld(setting: Setting, replica: Replica): World {
  const empty: World = {
    setting,
    job: undefined,
    decided: false,
    pods: [],
    jobLog: [],
    podLog: [],
    nodeLost: false,
    overdue: '',
    replicas: Array.from({ length: setting.replicas }, () => replica),
    used: [],
    told: [],
    lives: 0,
  };
  return writeJob(empty, { ...newJob, replaces: setting.replaces ?? false, once: setting.once ?? false });
}

const sights = new Map<string, Sight<unknown>>();

/** The same state and version is the same sight, by identity. */
function sight<V>(text: string, make: () => V, version: string, gone: boolean): Sight<V> {
  const key = `${text}@${version}${gone ? '-' : ''}`;
  let known = sights.get(key) as Sight<V> | undefined;
  if (known === undefined) {
    known = { id: sights.size + 1, version, gone, view: make() };
    sights.set(key, known);
  }
  return known;
}

/**
 * The version of the next write. The order of two writes of different objects means something only where one of them begins a pod's
 * deletion; otherwise pods come first, so that the same writes in another order lead to the same world.
 */
function nextVersion({ pods, jobLog, podLog }: World, kind: 'job' | 'pod'): string {
  const deletions = pods.filter((p) => p.seen.deleting !== 'no').length;
  return String((deletions + 1) * 1000 + (kind === 'job' ? 500 + jobLog.length : podLog.length));
}

/** One write of the Job. */
export function writeJob(w: World, change: Partial<JobState>): World {
  const job = { ...(w.job ?? newJob), ...change };
  return { ...w, job, jobLog: [...w.jobLog, jobSight(w, job, false)] };
}

export function removeJob(w: World): World {
  if (w.job === undefined) return w;
  const decided = w.job.decision !== '';
  return { ...w, job: undefined, decided, jobLog: [...w.jobLog, jobSight(w, w.job, true)] };
}

function jobSight(w: World, job: JobState, gone: boolean): Sight<JobView> {
  const version = nextVersion(w, 'job');
  return sight(JSON.stringify(job), () => projectJob(jobObject(job, version)), version, gone);
}

function withPodSight(w: World, pod: PodState, gone: boolean): World {
  const version = nextVersion(w, 'pod');
  const seen = sight(JSON.stringify(pod), () => projectPod(podObject(pod, version)), version, gone);
  return { ...w, podLog: [...w.podLog, seen] };
}

/** Changes what is true of a pod, and nothing that anybody sees. */
export function setPod(w: World, number: number, change: Partial<Pod>): World {
  return { ...w, pods: w.pods.map((p, i) => (i === number ? { ...p, ...change } : p)) };
}

/** One write of a pod, which is new or there. */
export function writePod(w: World, seen: PodState, truth: Partial<Pod> = {}): World {
  const fresh: Pod = {
    seen,
    there: true,
    finalizer: true,
    process: 'none',
    exitCode: 0,
    report: false,
    killed: false,
  };
  const known = w.pods[seen.number];
  const pods = known === undefined ? [...w.pods, fresh] : w.pods;
  // The version is that of a world in which the pod is what it will be: the write that begins a deletion is the first of its age.
  const written = setPod({ ...w, pods }, seen.number, { ...truth, seen });
  return withPodSight(written, seen, false);
}

/** Lets a pod go that is being deleted, if nothing holds it any more. */
export function releasePod(w: World, number: number, nodeIsDone: boolean): World {
  const pod = w.pods[number];
  if (pod === undefined || !pod.there || pod.finalizer) return w;
  const { deleting } = pod.seen;
  if (deleting === 'no' || (deleting === 'gracefully' && !(nodeIsDone && isTerminal(pod.seen)))) return w;
  return setPod(withPodSight(w, pod.seen, true), number, { there: false });
}

/** A pod that is deleted: with its grace, or at once where it has no node to ask. */
export function deletePod(w: World, pod: Pod, how: 'gracefully' | 'at once'): World {
  const deleting = pod.seen.bound ? how : 'at once';
  return releasePod(writePod(w, { ...pod.seen, deleting }), pod.seen.number, false);
}

export const mayHappen = ({ setting, used }: World, event: Event): boolean =>
  used.length < (setting.most ?? setting.events.length) &&
  used.filter((e) => e === event).length < setting.events.filter((e) => e === event).length;

export const happened = (w: World, event: Event): World => ({ ...w, used: [...w.used, event].sort() });
