import { textOf } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import { apiVersionOf, type Resource } from '../registry/resources.ts';
import { expired } from '../status.ts';
import type { Change } from '../storage/history.ts';

/** One line of a watch. */
export function frame(type: string, object: object): string {
  return `{"type":"${type}","object":${textOf(object)}}\n`;
}

/**
 * What a change is to a watch with this selector: an object that begins to match is ADDED, one that no longer does is DELETED, as it
 * last matched but under the change's version. Undefined when the watch does not see it.
 */
export function frameOf(
  change: Change,
  table: string,
  matches: (object: KubeObject) => boolean,
): string | undefined {
  if (change.table !== table) return undefined;
  const before = change.previous !== undefined && matches(change.previous);
  const now = change.type !== 'DELETED' && matches(change.object);
  if (now) return frame(before ? 'MODIFIED' : 'ADDED', change.object);
  if (!before) return undefined;
  if (change.type === 'DELETED') return frame('DELETED', change.object);
  const last = change.previous;
  const { resourceVersion } = change.object.metadata;
  return frame('DELETED', { ...last, metadata: { ...last?.metadata, resourceVersion } });
}

/** Tells how far a watch is without telling of any object. */
export function bookmark(resource: Resource, revision: number, initialEventsEnd = false): string {
  const annotations = initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  const metadata = { resourceVersion: String(revision), creationTimestamp: null, ...annotations };
  return frame('BOOKMARK', { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata });
}

/** The last line of a watch that asked for a version which is no longer kept. */
export function tooOld(wanted: number, oldest: number): string {
  return frame('ERROR', expired(`too old resource version: ${wanted} (${oldest})`).status);
}
