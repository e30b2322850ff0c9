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
  /** A connection begins: what is told again until Synced is no mistake. */
  opened(): void;
  /** The cursor is of no use any more. */
  startAnew(): void;
  /** Takes the next frame; returns what must not be, if anything. */
  take(frame: WatchStepsResponse): string | undefined;
}

/** Checks the contract of WatchSteps as a client sees it that stores each frame's cursor together with the frame. */
export function createFleetFollower(): FleetFollower {
  let cursor = '';
  let starting = true;
  const known = new Map<string, { readonly rank: number; readonly where: string }>();
  const ends = new Map<string, Step>();

  const told = (frame: WatchStepsResponse): string | undefined => {
    if (frame.frame.case === 'synced') starting = false;
    if (frame.frame.case === 'forgotten') return 'a record is forgotten while its Job is there';
    const step = stepIn(frame);
    if (step?.key === undefined) return undefined;
    const name = formatKey(step.key);
    const before = known.get(name);
    const rank = rankOf(step);
    const moves = frame.frame.case === 'update' && frame.frame.value.transition !== undefined;
    if (before !== undefined && rank < before.rank)
      return starting ? undefined : `${name}: ${place(step)} after ${before.where}`;
    if (before !== undefined && rank === before.rank && moves && !starting)
      return `${name}: ${place(step)} twice`;
    const end = ends.get(name);
    if (end !== undefined && !moves && isAfterthought(end, step)) return undefined;
    if (end !== undefined) return starting ? undefined : `${name}: ${place(step)} after its end`;
    known.set(name, { rank, where: place(step) });
    if (isFinal(step)) ends.set(name, step);
    return undefined;
  };

  return {
    get cursor() {
      return cursor;
    },
    ends,
    opened() {
      starting = true;
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

/** After the end nothing changes but what was observed too late to matter. */
const isAfterthought = (end: Step, step: Step): boolean =>
  step.observations.length > end.observations.length && summary(step) === summary(end);
