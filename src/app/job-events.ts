import { type EventView, projectEvent } from '../job/event-view.ts';
import type { RawObject } from '../job/project.ts';
import { record, text } from '../job/raw.ts';
import { everywhere } from '../kube/paths.ts';
import { createReflector } from '../kube/reflector.ts';
import type { Transport } from '../kube/transport-types.ts';

export interface JobEventsDeps {
  readonly transport: Pick<Transport, 'call' | 'stream'>;
  readonly onEvent: (event: EventView) => void;
  readonly onError: (error: unknown, what: string) => void;
}

/** Every Job of ours is called so (job/names.ts). */
const ours = 'glip-';

/**
 * Follows the Warning Events of all Jobs: why a Job gets no pod stands there alone. Best effort: it is no part of readiness, and a
 * failure is reported once until it works again. Of the Jobs of others nothing is kept but the Event's identity.
 */
export function createJobEvents({ transport, onEvent, onError }: JobEventsDeps) {
  let broken = false;
  return createReflector<EventView | undefined>({
    transport,
    path: everywhere('events'),
    fieldSelector: 'type=Warning,involvedObject.kind=Job',
    project: (object) => {
      const event = object as RawObject;
      return text(record(event.involvedObject).name).startsWith(ours) ? projectEvent(event) : undefined;
    },
    // An Event that has expired was true all the same.
    onDelta: ({ type, object }) => {
      if (type !== 'deleted' && object !== undefined) onEvent(object);
    },
    onStatus: ({ state }) => {
      if (state === 'watching') broken = false;
    },
    onError: (error, during) => {
      if (!broken) onError(error, `watching the Events of Jobs (${during}); steps go on without them`);
      broken = true;
    },
  });
}
