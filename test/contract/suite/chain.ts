import { expect } from 'vitest';
import { type Step, StepState } from '../../../gen/glip/executor/v1/step_pb.js';
import { place } from '../../support/states.ts';
import type { Watch } from '../../support/watch.ts';

/** A stream without a cursor told one history: a snapshot, then each transition once and in order, to the final one. */
export function expectWholeChain(watch: Watch): void {
  const [first, ...rest] = watch.frames;
  expect(first?.frame.case).toBe('snapshot');
  expect(rest.filter(({ frame }) => frame.case === 'snapshot')).toEqual([]);
  const snapshot = first?.frame.value as Step;
  const told = [...snapshot.timeline, ...watch.transitions()];
  expect(told.map(place)).toEqual(watch.step?.timeline.map(place));
  expect(new Set(told.map(place)).size).toBe(told.length);
  for (const { frame } of rest) {
    if (frame.case !== 'update' || frame.value.transition === undefined) continue;
    expect(place(frame.value.step?.timeline.at(-1) as Step['timeline'][number])).toBe(
      place(frame.value.transition),
    );
  }
  expectForward(told.map(({ incarnation, phase }) => incarnation * 100 + phase));
  expect(told.slice(0, -1).every(({ state }) => state < StepState.SUCCEEDED)).toBe(true);
  expect(told.at(-1)?.state).toBeGreaterThanOrEqual(StepState.SUCCEEDED);
}

function expectForward(ranks: readonly number[]): void {
  expect(ranks.toSorted((a, b) => a - b)).toEqual(ranks);
}

/** The places of a step's timeline. */
export const way = (step: Step): readonly string[] => step.timeline.map(place);
