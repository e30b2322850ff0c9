import type { WatchStepResponse } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import type { Step } from '../../../gen/glip/executor/v1/step_pb.js';
import { isFinal, place } from '../../support/states.ts';
import { rankOf } from './step-rank.ts';

/** What one watcher of one step has been told so far, and what was wrong with it. */
export interface Follower {
  /** To go on from after a lost connection. */
  readonly cursor: string;
  /** The final step, once it was told. */
  readonly end: Step | undefined;
  /** Takes the next frame; returns what must not be, if anything. */
  take(frame: WatchStepResponse): string | undefined;
  /** What is wrong with a stream that ends with OK now. */
  ended(): string | undefined;
}

/** Checks the contract of WatchStep as a client sees it that stores each frame's cursor together with the frame. */
export function createFollower(): Follower {
  let cursor = '';
  let last: { readonly rank: number; readonly where: string } | undefined;
  let end: Step | undefined;

  const moved = (step: Step, where: string): undefined => {
    last = { rank: rankOf(step), where };
    if (isFinal(step)) end = step;
    return undefined;
  };

  const told = ({ frame }: WatchStepResponse): string | undefined => {
    if (end !== undefined && frame.case !== 'heartbeat' && frame.case !== 'goodbye')
      return `a ${frame.case} after the end`;
    switch (frame.case) {
      case 'snapshot': {
        const step = frame.value;
        if (last !== undefined && rankOf(step) < last.rank)
          return `a snapshot ${place(step)} after ${last.where}`;
        return moved(step, place(step));
      }
      case 'update': {
        const { transition, step } = frame.value;
        if (step === undefined) return 'an update without a step';
        if (transition === undefined) {
          if (rankOf(step) !== last?.rank) return `a mere change at ${place(step)} after ${last?.where}`;
          return moved(step, place(step));
        }
        if (last === undefined) return `a transition ${place(transition)} before any snapshot`;
        if (rankOf(transition) <= last.rank) return `${place(transition)} after ${last.where}`;
        return moved(step, place(transition));
      }
      default:
        return undefined;
    }
  };

  return {
    get cursor() {
      return cursor;
    },
    get end() {
      return end;
    },
    take(frame) {
      const wrong = told(frame);
      if (frame.cursor !== '') cursor = frame.cursor;
      return wrong;
    },
    ended: () =>
      end === undefined ? `the stream ended with OK after ${last?.where ?? 'nothing'}` : undefined,
  };
}
