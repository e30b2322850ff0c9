import { type EventView, projectEvent } from '../job/event-view.ts';
import type { RawObject } from '../job/project.ts';
import { record, text } from '../job/raw.ts';
import { everywhere } from '../kube/paths.ts';
import type { Transport } from '../kube/transport-types.ts';
import { createBestEffort } from './best-effort.ts';

export interface JobEventsDeps {
  readonly transport: Pick<Transport, 'call' | 'stream'>;
  readonly onEvent: (event: EventView) => void;
  readonly onError: (error: unknown, what: string) => void;
}

/** Every Job of ours is called so (job/names.ts). */
const ours = 'glip-';

/**
 * Follows the Warning Events of all Jobs: why a Job gets no pod stands there alone. Of the Jobs of others nothing is kept but the Event's
 * identity.
 */
export const createJobEvents = ({ transport, onEvent, onError }: JobEventsDeps) =>
  createBestEffort<EventView | undefined>({
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
    what: 'the Events of Jobs',
    without: 'steps go on without them',
    onError,
  });
