import { oneLine } from '../lib/plain-text.ts';
import type { EpochMs } from '../step/step.ts';
import { announcingConditions, announcingTaints } from './announcements.ts';
import { list, type RawObject, record, text, time } from './raw.ts';

export interface TaintView {
  readonly key: string;
  readonly value: string;
  readonly effect: string;
  /** When it was set, where that is told. */
  readonly time?: EpochMs;
}

/**
 * A Node, cut down to what may end a pod on it: no images, addresses, heartbeats or capacities, so that a report in which nothing has
 * happened is equal to the one before.
 */
export interface NodeView {
  readonly name: string;
  /** The Node object is gone. */
  readonly gone?: true;
  /** Somebody deletes the Node object, and a finalizer still holds it. */
  readonly deleteTime?: EpochMs;
  readonly cordoned: boolean;
  /** Those that evict, and those that announce something. */
  readonly taints: readonly TaintView[];
  /** Absent while the node says that it is ready. `Unknown`: it has said nothing for a while. */
  readonly notReady?: NotReady;
  /** Types of conditions that announce something. */
  readonly announced: readonly string[];
}

export interface NotReady {
  readonly status: 'False' | 'Unknown';
  readonly message: string;
  readonly since: EpochMs | undefined;
}

const none: readonly never[] = [];

export function projectNode(object: RawObject): NodeView {
  const metadata = record(object.metadata);
  const spec = record(object.spec);
  const conditions = list(record(object.status).conditions);
  const deleteTime = time(metadata.deletionTimestamp);
  const notReady = readiness(conditions.find((c) => c.type === 'Ready'));
  const announced = conditions.filter((c) => c.status === 'True').map((c) => text(c.type));
  return {
    name: text(metadata.name),
    ...(deleteTime !== undefined && { deleteTime }),
    cordoned: spec.unschedulable === true,
    taints: orNone(list(spec.taints).map(taint).filter(matters)),
    ...(notReady && { notReady }),
    announced: orNone(announced.filter((type) => Object.hasOwn(announcingConditions, type))),
  };
}

/** What there is to say of a Node object that is gone. */
export const goneNode = (name: string): NodeView => ({
  name,
  gone: true,
  cordoned: false,
  taints: none,
  announced: none,
});

/** Whether anything is to be told of pods on this node. */
export const isNotable = ({ gone, deleteTime, cordoned, taints, notReady, announced }: NodeView): boolean =>
  gone === true ||
  deleteTime !== undefined ||
  cordoned ||
  taints.length > 0 ||
  notReady !== undefined ||
  announced.length > 0;

/** Two views that say the same. They are small, and made in one way. */
export const sameNode = (a: NodeView, b: NodeView): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Most nodes have none: they share one list. */
const orNone = <T>(values: readonly T[]): readonly T[] => (values.length === 0 ? none : values);

function taint(raw: RawObject): TaintView {
  const added = time(raw.timeAdded);
  return {
    key: text(raw.key),
    value: text(raw.value),
    effect: text(raw.effect),
    ...(added !== undefined && { time: added }),
  };
}

/** Others keep pods away, which is no business of those that are there. */
const matters = ({ key, effect }: TaintView): boolean =>
  effect === 'NoExecute' || Object.hasOwn(announcingTaints, key);

/** A node without the condition is new, and has no pods yet. */
function readiness(ready: RawObject | undefined): NotReady | undefined {
  if (ready === undefined || (ready.status !== 'False' && ready.status !== 'Unknown')) return undefined;
  return {
    status: ready.status,
    message: oneLine(text(ready.message), 300),
    since: time(ready.lastTransitionTime),
  };
}
