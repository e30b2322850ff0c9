import type { Step } from '../../../gen/glip/executor/v1/step_pb.js';
import { place } from '../../support/states.ts';

/** What must be the same wherever the end of a step is told. */
export function summary({ state, incarnation, outcome, timeline, job }: Step): string {
  const { reason, exitCode, signal, category, mayHaveStarted } = outcome ?? {};
  const way = timeline.map(place);
  return JSON.stringify({
    state,
    incarnation,
    reason,
    exitCode,
    signal,
    category,
    mayHaveStarted,
    way,
    uid: job?.uid,
  });
}
