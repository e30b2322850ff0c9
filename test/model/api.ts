import { annotation } from '../../src/job/metadata.ts';
import type { PatchOperation } from '../../src/job/stop.ts';
import { jobUid } from './objects.ts';
import { type World, writeJob } from './world.ts';

const pointer = (key: string) => `/metadata/annotations/${key.replace('/', '~1')}`;
const texts = {
  [pointer(annotation.stop)]: 'stop',
  [pointer(annotation.record)]: 'record',
  [pointer(annotation.history)]: 'history',
} as const;

/** What the API server does with a patch of the Job; undefined when it refuses it, or when there is no such Job. */
export function patched(w: World, patch: readonly PatchOperation[]): World | undefined {
  if (w.job === undefined) return undefined;
  let job = w.job;
  for (const { op, path, value } of patch) {
    const field = texts[path];
    if (op === 'test') {
      const there = path === '/metadata/uid' ? jobUid : field === undefined ? undefined : job[field] || null;
      if (there !== value) return undefined;
    } else if (op === 'add' && field !== undefined) job = { ...job, [field]: String(value) };
    else if (op === 'add' && path === '/spec/activeDeadlineSeconds' && value === 0)
      job = { ...job, stopped: true };
    else if (!(op === 'add' && path === '/spec/suspend' && value === false))
      throw new Error(`the model knows nothing of ${op} ${path}`);
  }
  return writeJob(w, job);
}
