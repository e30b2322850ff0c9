import { annotation, retainFinalizer } from './metadata.ts';
import type { JobView } from './observation.ts';
import type { PatchOperation } from './stop.ts';

/** How a Job's record is held until its end is acknowledged. */
export interface Retention {
  /** Longest time after the end, in seconds. */
  readonly seconds: number;
  /** Where our finalizer stands among the Job's. */
  readonly index: number;
  /** Somebody has deleted the Job. */
  readonly deleted: boolean;
}

/** Longest time that may be asked for: a namespace that is deleted waits so long at the most. */
export const longestRetentionSeconds = 7 * 86_400;

/** Undefined for a Job whose record nobody holds. A bound that cannot be read any more is the longest one. */
export function readRetention({ annotations, heldAt, deleteTime }: JobView): Retention | undefined {
  if (heldAt === undefined) return undefined;
  const text = annotations[annotation.retain] ?? '';
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : longestRetentionSeconds;
  return {
    seconds: Math.min(seconds, longestRetentionSeconds),
    index: heldAt,
    deleted: deleteTime !== undefined,
  };
}

/** Only our finalizer holds it: the Job was deleted, and will not run a pod again. */
export const isHeldBack = ({ deleteTime, heldAt }: JobView): boolean =>
  deleteTime !== undefined && heldAt !== undefined;

/** Lets go of a Job; refused when the finalizer has gone, or stands elsewhere by now. */
export const releasePatch = (uid: string, { index }: Pick<Retention, 'index'>): readonly PatchOperation[] => [
  { op: 'test', path: '/metadata/uid', value: uid },
  { op: 'test', path: `/metadata/finalizers/${index}`, value: retainFinalizer },
  { op: 'remove', path: `/metadata/finalizers/${index}` },
];
