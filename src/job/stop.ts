import { annotation, readJson } from './metadata.ts';
import type { JobView } from './observation.ts';
import { isTime } from './plausible.ts';
import type { TimeoutCause } from './timeouts.ts';

/** Why the executor ends a step, as the Job's annotation says it. */
export interface Stop {
  readonly cause: 'Cancel' | TimeoutCause;
  /** What the step waited for then; the reason is one of reasons.ts, or of a newer executor. Never for a cancel. */
  readonly waiting?: { readonly reason: string; readonly message: string };
  /** Given by the caller, or one sentence of ours. */
  readonly reason: string;
  readonly requestedBy: string;
  /** Milliseconds since 1970, by the clock of the executor that asked. */
  readonly time: number;
  /** Between SIGTERM and SIGKILL, where that is to be less than the pod's own; at least 1, as a pod that is given 0 goes without proof. */
  readonly graceSeconds?: number;
  /** Whether the pod is deleted without its node's word where that does not come. */
  readonly force?: true;
  /** The Job was suspended from its creation until this stop: its controller tells neither whether it had a pod. */
  readonly neverResumed?: true;
}

/** What a later request makes of a stop that stands; undefined when it asks for no more than that. It never takes back a thing. */
export function harder(
  stands: Stop,
  { graceSeconds, force }: Pick<Stop, 'graceSeconds' | 'force'>,
): Stop | undefined {
  const sooner =
    graceSeconds !== undefined && graceSeconds < (stands.graceSeconds ?? Number.POSITIVE_INFINITY);
  if (!sooner && (force === undefined || stands.force)) return undefined;
  return { ...stands, ...(sooner && { graceSeconds }), ...(force && { force }) };
}

/** One operation of a JSON patch (RFC 6902). */
export interface PatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'test';
  readonly path: string;
  readonly value?: unknown;
}

const pointer = (key: string): string =>
  `/metadata/annotations/${key.replace(/~/g, '~0').replace(/\//g, '~1')}`;

/**
 * Sets an annotation of one Job once: the API server refuses the second writer with 422 (KUBERNETES.md section 1). `damaged` is a text
 * that nobody can read and that may be written over.
 */
export function firstWriter(
  uid: string,
  key: string,
  value: string,
  damaged: string | null = null,
): readonly PatchOperation[] {
  return [
    { op: 'test', path: '/metadata/uid', value: uid },
    { op: 'test', path: pointer(key), value: damaged },
    { op: 'add', path: pointer(key), value },
  ];
}

/** Sets an annotation of one Job if it still says what it said: the API server refuses who comes second with 422. */
export function replaceAnnotation(
  uid: string,
  key: string,
  before: string | undefined,
  value: string,
): readonly PatchOperation[] {
  return firstWriter(uid, key, value, before ?? null);
}

/** Has a patch refused if an annotation does not say what it said any more. */
export const unchanged = (key: string, text: string | undefined): PatchOperation => ({
  op: 'test',
  path: pointer(key),
  value: text ?? null,
});

/**
 * Ends a Job together with the cause. The Job controller does the killing, with the pod's own grace period; `suspend: false`, because a
 * suspended Job ignores its deadline. Where the pod must be told first (stop-wish.ts) it is the cause alone: with another grace, and where
 * it is known to have no node yet.
 */
export function stopPatch(
  { uid, bornSuspended, pod, node, choice }: StopTarget,
  stop: Stop,
  damaged: string | null = null,
): readonly PatchOperation[] {
  const known = bornSuspended ? { ...stop, neverResumed: true } : stop;
  const unplaced = pod !== undefined && node === undefined;
  return [
    ...(bornSuspended ? [{ op: 'test', path: '/metadata/generation', value: 1 } as const] : []),
    ...(choice === undefined ? [] : [unchanged(annotation.chosenPod, choice.chosen)]),
    ...firstWriter(uid, annotation.stop, JSON.stringify(known), damaged),
    ...((stop.graceSeconds === undefined && !unplaced) || bornSuspended ? endJob : []),
  ];
}

/** What is known of a Job that is to be stopped. */
export interface StopTarget {
  readonly uid: string;
  readonly bornSuspended?: true | undefined;
  /** Its pod, and the node of that. */
  readonly pod?: unknown;
  readonly node?: string | undefined;
  /** What is believed of the choice of a step that starts at most once: made meanwhile, it is a pod that must be told first. */
  readonly choice?: { readonly chosen: string | undefined };
}

/** Makes this Job fail, unless the name is another's by now. */
export const endJobOnce = (uid: string): readonly PatchOperation[] => [
  { op: 'test', path: '/metadata/uid', value: uid },
  ...endJob,
];

/** The text that somebody has put where the stop should stand, if nobody can read it. */
export function damagedStop({ annotations }: Pick<JobView, 'annotations'>): string | null {
  const text = annotations[annotation.stop];
  return text === undefined || readStop(text) !== undefined ? null : text;
}

/** Makes a Job fail, whatever it is at. */
export const endJob: readonly PatchOperation[] = [
  { op: 'add', path: '/spec/activeDeadlineSeconds', value: 0 },
  { op: 'add', path: '/spec/suspend', value: false },
];

/** Undefined for a text that is not ours. */
export function readStop(text: string | undefined): Stop | undefined {
  const value = readJson(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const { cause, reason, requestedBy, time, waiting, graceSeconds, force, neverResumed } = value as Record<
    string,
    unknown
  >;
  if (!causes.includes(cause) || typeof reason !== 'string' || typeof requestedBy !== 'string')
    return undefined;
  if (typeof time !== 'number' || !isTime(time)) return undefined;
  const waited = readWaiting(waiting);
  // Without what it waited for, nobody could say why the step has failed.
  if (cause === 'WaitingTooLong' && waited === undefined) return undefined;
  return {
    cause: cause as Stop['cause'],
    reason,
    requestedBy,
    time,
    ...(waited && { waiting: waited }),
    ...(isGrace(graceSeconds) && { graceSeconds }),
    ...(force === true && { force }),
    ...(neverResumed === true && { neverResumed }),
  };
}

const isGrace = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 1;

const causes: readonly unknown[] = ['Cancel', 'QueueTimeout', 'StartTimeout', 'RunTimeout', 'WaitingTooLong'];

function readWaiting(value: unknown): Stop['waiting'] {
  if (typeof value !== 'object' || value === null) return undefined;
  const { reason, message } = value as Record<string, unknown>;
  if (typeof reason !== 'string' || !/^[A-Z][A-Za-z]{0,62}$/.test(reason) || typeof message !== 'string')
    return undefined;
  return { reason, message };
}
