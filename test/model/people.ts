import type { Action } from './explore.ts';
import { isTerminal } from './objects.ts';
import {
  deletePod,
  type Event,
  happened,
  mayHappen,
  type Pod,
  releasePod,
  removeJob,
  setPod,
  type World,
  writeJob,
  writePod,
} from './world.ts';

/** What people and machines may do to a step, beside the executor. */
export function* people(w: World): Generator<Action<World>> {
  for (const [event, act] of Object.entries(acts) as [Event, Act][]) {
    if (!mayHappen(w, event)) continue;
    const next = act(w, w.pods.at(-1));
    if (next !== undefined) yield { label: event, next: happened(next, event), optional: true };
  }
}

/** Undefined where there is nothing to do it to. */
type Act = (w: World, pod: Pod | undefined) => World | undefined;

const toLivePod =
  (act: (w: World, pod: Pod) => World | undefined): Act =>
  (w, pod) =>
    pod?.there && !isTerminal(pod.seen) ? act(w, pod) : undefined;

/** The pod garbage collector fails a pod and deletes it, in two writes. */
const failed = (mark: string, w: World, pod: Pod): World => {
  const marked = writePod(w, { ...pod.seen, phase: 'Failed', mark });
  const now = marked.pods[pod.seen.number];
  return now === undefined ? marked : deletePod(marked, now, 'at once');
};

const acts: Readonly<Partial<Record<Event, Act>>> = {
  'pod deleted': (w, pod) =>
    pod?.there && pod.seen.deleting === 'no' ? deletePod(w, pod, 'gracefully') : undefined,
  'pod force-deleted': (w, pod) =>
    pod?.there && pod.seen.deleting !== 'at once' ? deletePod(w, pod, 'at once') : undefined,
  'pod evicted': toLivePod((w, pod) => {
    if (pod.seen.deleting !== 'no') return undefined;
    const mark = 'EvictionByEvictionAPI';
    return deletePod(w, { ...pod, seen: { ...pod.seen, mark } }, 'gracefully');
  }),
  'finalizer removed': (w, pod) =>
    pod?.there && pod.finalizer
      ? releasePod(setPod(w, pod.seen.number, { finalizer: false }), pod.seen.number, false)
      : undefined,
  'Job deleted': (w) => (w.job === undefined ? undefined : removeJob(w)),
  'Job deleted in the foreground': (w) =>
    w.job === undefined || w.job.deleting ? undefined : writeJob(w, { deleting: true }),
  // The TTL controller deletes in the foreground.
  'Job expires': (w) => (w.job?.finished && !w.job.deleting ? writeJob(w, { deleting: true }) : undefined),
  'node lost': (w, pod) => (pod?.seen.bound && !w.nodeLost ? { ...w, nodeLost: true } : undefined),
  'node back': (w) => (w.nodeLost ? { ...w, nodeLost: false } : undefined),
  'node deleted': toLivePod((w, pod) =>
    pod.seen.bound && w.nodeLost ? failed('DeletionByPodGC', w, pod) : undefined,
  ),
  // Whoever sets the taint knows that the machine is off.
  'node out of service': toLivePod((w, pod) => {
    if (!pod.seen.bound || !w.nodeLost) return undefined;
    const off =
      pod.process === 'running'
        ? ({ process: 'ended', exitCode: 137, killed: true } as const)
        : ({ process: 'never' } as const);
    return failed(
      'DeletionByTaintManager',
      setPod(w, pod.seen.number, pod.process === 'ended' ? {} : off),
      pod,
    );
  }),
  'time passes': (w, pod) => ({ ...w, overdue: overdue(w, pod) }),
};

/** The timeout that is over by now, by what the API server has. */
function overdue({ setting }: World, pod: Pod | undefined): World['overdue'] {
  if (!pod?.seen.bound) return 'QueueTimeout';
  // Another life waits for its pod.
  if (setting.replaces && isTerminal(pod.seen)) return 'QueueTimeout';
  if (pod.seen.container === 'none') return 'StartTimeout';
  return pod.seen.container === 'running' ? 'RunTimeout' : 'nothing';
}
