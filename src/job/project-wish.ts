import type { HeldBy, NodeWish } from './observation.ts';
import { list, type RawObject, record, strings, text } from './raw.ts';

const ordinary = ['', 'PodInitializing', 'ContainerCreating'];

/** The first init container, or sidecar before the agent, that waits for more than its turn. */
export function heldBy(initStatuses: readonly RawObject[]): HeldBy | undefined {
  for (const status of initStatuses) {
    const waiting = record(record(status.state).waiting);
    const reason = text(waiting.reason);
    if (!ordinary.includes(reason))
      return { name: text(status.name), reason, message: text(waiting.message) };
  }
  return undefined;
}

/** What a pod asks of a node, while none is found: what the scheduler's sentence leaves out. */
export function nodeWish(spec: RawObject): NodeWish {
  const requests: Record<string, string[]> = {};
  for (const container of list(spec.containers)) {
    for (const [name, value] of Object.entries(strings(record(container.resources).requests))) {
      requests[name] = [...(requests[name] ?? []), value];
    }
  }
  return { requests, nodeSelector: strings(spec.nodeSelector) };
}
