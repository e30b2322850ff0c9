import type { WatchStepsResponse } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import type { Step } from '../../../gen/glip/executor/v1/step_pb.js';
import { formatKey } from '../../../src/step/key.ts';
import { isFinal, place } from '../../support/states.ts';
import { stepIn } from '../../support/watch-steps.ts';
import { rankOf } from './step-rank.ts';
import { summary } from './summary.ts';

/** What one watcher of many steps has been told so far. */
export interface FleetFollower {
  readonly cursor: string;
  /** Final steps by their keys. */
  readonly ends: ReadonlyMap<string, Step>;
  /** Frames that told of nothing new after a resume, as the contract allows. */
  readonly repeated: number;
  /** A connection begins. */
  opened(): void;
  /** The cursor is of no use any more. */
  startAnew(): void;
  /** Takes the next frame; returns what must not be, if anything. */
  take(frame: WatchStepsResponse): string | undefined;
}

/**
 * Checks the contract of WatchSteps as a client sees it that stores each frame's cursor together with the frame: within one connection
 * each step only moves on, and tells each transition once; over all connections, one end. What an earlier connection has told may come
 * again after a resume: a replica may learn later what another one has told already.
 */
export function createFleetFollower(): FleetFollower {
  let cursor = '';
  let repeated = 0;
  /** Of this connection, and of all. */
  let here = new Map<string, Step>();
  const known = new Map<string, Step>();
  const ends = new Map<string, Step>();

  const told = (frame: WatchStepsResponse): string | undefined => {
    if (frame.frame.case === 'forgotten') return 'a record is forgotten while its Job is there';
    const step = stepIn(frame);
    if (step?.key === undefined) return undefined;
    const name = formatKey(step.key);
    const moves = frame.frame.case === 'update' && frame.frame.value.transition !== undefined;
    const before = here.get(name);
    const end = ends.get(name);
    here.set(name, step);
    if (before !== undefined && !follows(before, step, moves))
      return `${name}: ${place(step)} after ${place(before)}`;
    if (end !== undefined && isFinal(step) && summary(step) !== summary(end))
      return `${name}: ended as ${summary(end)} and as ${summary(step)}`;
    const most = known.get(name);
    if (most !== undefined && before === undefined && rankOf(step) <= rankOf(most)) repeated += 1;
    if (most === undefined || rankOf(step) >= rankOf(most)) known.set(name, step);
    if (isFinal(step)) ends.set(name, step);
    return undefined;
  };

  return {
    get cursor() {
      return cursor;
    },
    ends,
    get repeated() {
      return repeated;
    },
    opened() {
      here = new Map();
    },
    startAnew() {
      cursor = '';
    },
    take(frame) {
      const wrong = told(frame);
      if (frame.cursor !== '') cursor = frame.cursor;
      return wrong;
    },
  };
}

/** Whether a stream may tell `step` after `before`. */
function follows(before: Step, step: Step, moves: boolean): boolean {
  // After the end nothing changes but what was observed too late to matter.
  if (isFinal(before))
    return !moves && isFinal(step) && step.observations.length > before.observations.length;
  return moves ? rankOf(step) > rankOf(before) : rankOf(step) >= rankOf(before);
}
