import { timestamp } from '../clock.ts';
import { isRecord } from '../json.ts';
import { isTerminal, type KubeObject, type Pod } from '../objects.ts';
import type { Resource } from './resources.ts';

/** metav1.DeleteOptions, as far as they are heeded. */
export type DeleteOptions = {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly dryRun?: boolean;
};

/** What a deletion makes of an object: gone, or kept with these changes until something else lets it go. */
export type Deletion = { readonly gone: boolean; readonly object: KubeObject };

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

/** Jobs keep their pods unless told otherwise: batch/v1's own default, kept by the real server for compatibility. */
function policyOf(resource: Resource, options: DeleteOptions): string {
  return options.propagationPolicy ?? (resource.plural === 'jobs' ? 'Orphan' : 'Background');
}

function finalizersFor(resource: Resource, object: KubeObject, options: DeleteOptions): string[] {
  const others = (object.metadata.finalizers ?? []).filter((name) => name !== FOREGROUND && name !== ORPHAN);
  const policy = policyOf(resource, options);
  if (policy === 'Foreground') return [...others, FOREGROUND];
  return policy === 'Orphan' && resource.plural === 'jobs' ? [...others, ORPHAN] : others;
}

/** A pod that nobody runs goes at once, any other gets its grace period. */
function graceOf(resource: Resource, object: KubeObject, options: DeleteOptions): number {
  if (resource.plural !== 'pods') return 0;
  const pod = object as Pod;
  if (pod.spec.nodeName === undefined || isTerminal(pod)) return 0;
  return Math.max(0, options.gracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30);
}

/** True when nothing keeps an object that is being deleted: no grace period, no finalizer, no namespace content. */
export function isReleased(object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  const spec = object.spec;
  const content =
    object.kind === 'Namespace' && isRecord(spec) && Array.isArray(spec.finalizers) ? spec.finalizers : [];
  return (
    deletionTimestamp !== undefined &&
    deletionGracePeriodSeconds === 0 &&
    finalizers.length + content.length === 0
  );
}

/** When a deletion began: a grace that is shortened counts from there. */
const startOf = (
  { deletionTimestamp, deletionGracePeriodSeconds = 0 }: KubeObject['metadata'],
  now: number,
): number =>
  deletionTimestamp === undefined ? now : Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000;

/** A second deletion can shorten the grace period of the first, never extend it. */
export function planDeletion(
  resource: Resource,
  object: KubeObject,
  options: DeleteOptions,
  now: number,
): Deletion {
  const before = object.metadata;
  const grace = graceOf(resource, object, options);
  const shorter = before.deletionTimestamp === undefined || grace < (before.deletionGracePeriodSeconds ?? 0);
  const metadata = { ...before };
  if (shorter) {
    metadata.deletionTimestamp = timestamp(startOf(before, now) + grace * 1000);
    if (resource.plural !== 'namespaces') metadata.deletionGracePeriodSeconds = grace;
    if (before.generation !== undefined && before.deletionTimestamp === undefined)
      metadata.generation = before.generation + 1;
  }
  const finalizers = finalizersFor(resource, object, options);
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  const status = resource.plural === 'namespaces' ? { status: { phase: 'Terminating' } } : {};
  const deleted = { ...object, metadata, ...status };
  return { gone: isReleased(deleted), object: deleted };
}
