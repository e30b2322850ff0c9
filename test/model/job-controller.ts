import type { Action } from './explore.ts';
import { isTerminal, type JobState, newPod } from './objects.ts';
import {
  deletePod,
  type Pod,
  releasePod,
  removeJob,
  setPod,
  type World,
  writeJob,
  writePod,
} from './world.ts';

/** More pods than that no life has. */
const mostPods = 3;

/**
 * What the Job controller and the garbage collector may do next, as measured (KUBERNETES.md sections 1 and 2c): pods are deleted first,
 * then the reason is written, then pods are counted and let go, then the Job is finished.
 */
export function* jobController(w: World): Generator<Action<World>> {
  const { job } = w;
  for (const pod of there(w)) {
    // The pod garbage collector ends what no node will.
    if (!pod.seen.bound && pod.seen.deleting !== 'no' && !isTerminal(pod.seen))
      yield {
        label: `pod garbage collector: fails ${named(pod)}`,
        next: writePod(w, { ...pod.seen, phase: 'Failed' }, { process: 'never' }),
      };
  }
  if (job === undefined || job.deleting) {
    yield* collect(w);
    return;
  }
  if (job.decision === '') yield* decide(w, job);
  else yield* finish(w, job);
}

const named = ({ seen }: Pod): string => `pod ${seen.number}`;
const there = ({ pods }: World): readonly Pod[] => pods.filter((p) => p.there);

function* decide(w: World, job: JobState): Generator<Action<World>> {
  if (job.stopped) {
    yield* createLate(w);
    const active = there(w).filter(({ seen }) => !isTerminal(seen) && seen.deleting === 'no');
    for (const pod of active)
      yield { label: `Job controller: deletes ${named(pod)}`, next: deletePod(w, pod, 'gracefully') };
    if (active.length > 0) return;
    yield decided(
      w,
      'DeadlineExceeded',
      'Job was active longer than specified deadline',
      w.setting.kubernetes,
    );
    return;
  }
  const over = there(w).find(({ seen, finalizer }) => isTerminal(seen) && finalizer);
  if (over !== undefined) yield isIgnored(w, over) ? letGo(w, over, 'ignores') : byPod(w, over);
  else if (needsPod(w)) yield create(w);
}

/** A pod without the finalizer is no pod to it, once it is over. */
const needsPod = (w: World): boolean =>
  w.pods.length < mostPods && there(w).every(({ seen, finalizer }) => isTerminal(seen) && !finalizer);

const create = (w: World): Action<World> => ({
  label: `Job controller: creates pod ${w.pods.length}`,
  next: writePod(w, newPod(w.pods.length, w.setting.once ?? false)),
});

/** Its own view may be older than the stop, or than the deletion of the Job. */
function* createLate(w: World): Generator<Action<World>> {
  if (needsPod(w) && w.pods.every((p) => isIgnored(w, p))) yield { ...create(w), optional: true };
}

const isIgnored = ({ setting }: World, { seen }: Pod): boolean =>
  setting.replaces === true && seen.phase === 'Failed' && seen.mark !== '';

function letGo(w: World, pod: Pod, how: string): Action<World> {
  const { number } = pod.seen;
  const free = setPod(w, number, { finalizer: false });
  return { label: `Job controller: ${how} ${named(pod)}`, next: releasePod(free, number, false) };
}

/** podFailurePolicy: DisruptionTarget first, then the exit code; without either it is the backoff limit. */
function byPod(w: World, { seen }: Pod): Action<World> {
  const { mark, phase, container } = seen;
  if (phase === 'Succeeded') return decided(w, 'CompletionsReached', '', w.setting.kubernetes);
  if (mark !== '') {
    const message = 'Pod glip-acme/x has condition DisruptionTarget matching FailJob rule at index 0';
    return decided(w, 'PodFailurePolicy', message, '1.37');
  }
  if (container === 'running' || container === 'none')
    return decided(w, 'BackoffLimitExceeded', '', w.setting.kubernetes);
  const code = container === 'lost' ? 137 : seen.exitCode;
  const message = `Container agent for pod glip-acme/x failed with exit code ${code} matching FailJob rule at index 1`;
  return decided(w, 'PodFailurePolicy', message, '1.37');
}

/** The reason, which 1.30 keeps to itself in most cases until it finishes the Job. */
function decided(
  w: World,
  decision: JobState['decision'],
  message: string,
  announcedSince: string,
): Action<World> {
  if (announcedSince === '1.37') {
    const next = writeJob(w, { decision, message, announced: true });
    return { label: `Job controller: announces ${decision}`, next };
  }
  const silent = w.job && { ...w.job, decision, message };
  return { label: `Job controller: decides ${decision}`, next: { ...w, job: silent } };
}

function* finish(w: World, job: JobState): Generator<Action<World>> {
  const held = w.pods.filter((p) => p.there && p.finalizer);
  for (const pod of held) yield letGo(w, pod, 'counts');
  if (held.length > 0 || job.finished) return;
  // The difference between the versions: 1.30 does not wait for what it has deleted.
  if (w.setting.kubernetes === '1.37' && there(w).some((p) => !isTerminal(p.seen))) return;
  const succeeded = w.pods.filter((p) => p.seen.phase === 'Succeeded').length;
  const counts = { succeeded, failed: w.pods.filter((p) => !isIgnored(w, p)).length - succeeded };
  yield {
    label: `Job controller: writes ${job.decision === 'CompletionsReached' ? 'Complete' : 'Failed'}`,
    next: writeJob(w, { finished: true, ...counts }),
  };
}

/** Of a Job that is deleted, or is being deleted in the foreground. */
function* collect(w: World): Generator<Action<World>> {
  if (w.job === undefined ? !w.decided : w.job.decision === '') yield* createLate(w);
  for (const pod of there(w)) {
    if (pod.finalizer) yield letGo(w, pod, 'gives up');
    if (pod.seen.deleting === 'no')
      yield { label: `garbage collector: deletes ${named(pod)}`, next: deletePod(w, pod, 'gracefully') };
  }
  if (w.job !== undefined && there(w).length === 0)
    yield { label: 'garbage collector: removes the Job', next: removeJob(w) };
}
