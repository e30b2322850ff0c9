import { annotation, startGate } from '../../src/job/metadata.ts';
import type { PatchOperation } from '../../src/job/stop.ts';
import { type JobState, jobUid } from './objects.ts';
import { type World, writeJob, writePod } from './world.ts';

const pointer = (key: string) => `/metadata/annotations/${key.replace('/', '~1')}`;
const texts = {
  [pointer(annotation.stop)]: 'stop',
  [pointer(annotation.record)]: 'record',
  [pointer(annotation.history)]: 'history',
  [pointer(annotation.chosenPod)]: 'chosen',
} as const satisfies Readonly<Record<string, keyof JobState>>;

/** What the API server does with a patch of the Job; undefined when it refuses it, or when there is no such Job. */
export function patched(w: World, patch: readonly PatchOperation[]): World | undefined {
  if (w.job === undefined) return undefined;
  let job = w.job;
  for (const { op, path, value } of patch) {
    const field = texts[path];
    if (op === 'test') {
      if (tested(job, path, field) !== value) return undefined;
    } else if (op === 'add' && field !== undefined) job = { ...job, [field]: String(value) };
    else if (op === 'add' && path === '/spec/activeDeadlineSeconds' && value === 0)
      job = { ...job, stopped: true };
    else if (!(op === 'add' && path === '/spec/suspend' && value === false))
      throw new Error(`the model knows nothing of ${op} ${path}`);
  }
  return writeJob(w, job);
}

function tested(job: JobState, path: string, field: (typeof texts)[string] | undefined): unknown {
  if (path === '/metadata/uid') return jobUid;
  if (path === '/metadata/deletionTimestamp') return job.deleting ? 'a time' : null;
  return field === undefined ? undefined : job[field] || null;
}

/** The same for one pod, whose only gate is ours. */
export function patchedPod(w: World, uid: string, patch: readonly PatchOperation[]): World | undefined {
  const pod = w.pods.find((p) => p.there && `pod-${p.seen.number}` === uid);
  if (pod === undefined) return undefined;
  const there: Readonly<Record<string, unknown>> = {
    '/metadata/uid': uid,
    '/spec/schedulingGates/0/name': pod.seen.gated ? startGate : undefined,
  };
  for (const { op, path, value } of patch) {
    if (op === 'test' && there[path] !== value) return undefined;
    if (op !== 'test' && !(op === 'remove' && path === '/spec/schedulingGates/0'))
      throw new Error(`the model knows nothing of ${op} ${path}`);
  }
  return writePod(w, { ...pod.seen, gated: false });
}
