import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import {
  type WatchStepResponse,
  WatchStepResponseSchema,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { StepPhase, StepSchema, StepState, TransitionSchema } from '../../../gen/glip/executor/v1/step_pb.js';
import { createFollower } from './follower.ts';

type Phase = Exclude<keyof typeof StepPhase, number>;
type State = Exclude<keyof typeof StepState, number>;

const at = (phase: Phase, state: State, incarnation = 0) => ({
  phase: StepPhase[phase],
  state: StepState[state],
  incarnation,
});
type At = ReturnType<typeof at>;

const frame = (of: WatchStepResponse['frame'], cursor = 'c'): WatchStepResponse =>
  create(WatchStepResponseSchema, { frame: of, cursor });
const snapshot = (where: At) => frame({ case: 'snapshot', value: create(StepSchema, where) });
const moved = (where: At, after: At = where) =>
  frame({
    case: 'update',
    value: {
      $typeName: 'glip.executor.v1.StepUpdate',
      transition: create(TransitionSchema, where),
      step: create(StepSchema, after),
      replayed: false,
    },
  });
const changed = (where: At) =>
  frame({
    case: 'update',
    value: { $typeName: 'glip.executor.v1.StepUpdate', step: create(StepSchema, where), replayed: false },
  });

const queued = at('QUEUED', 'PENDING');
const running = at('RUNNING', 'RUNNING');
const succeeded = at('FINISHED', 'SUCCEEDED');

/** What is wrong with each of these frames, in order. */
const judge = (...frames: readonly WatchStepResponse[]) => {
  const follower = createFollower();
  return [...frames.map((one) => follower.take(one)), follower.ended()].filter(
    (wrong) => wrong !== undefined,
  );
};

describe('a follower', () => {
  test('finds nothing wrong with a whole history, nor with another incarnation', () => {
    expect(
      judge(snapshot(queued), changed(queued), moved(running), changed(running), moved(succeeded)),
    ).toEqual([]);
    expect(
      judge(snapshot(running), moved(at('QUEUED', 'PENDING', 1)), moved(at('FINISHED', 'FAILED', 1))),
    ).toEqual([]);
    expect(judge(snapshot(succeeded))).toEqual([]);
  });

  test('knows the end and the cursor', () => {
    const follower = createFollower();
    follower.take(snapshot(queued));
    expect(follower.end).toBeUndefined();
    follower.take(frame({ case: 'update', value: moved(succeeded).frame.value as never }, 'last'));
    expect(follower.end?.state).toBe(StepState.SUCCEEDED);
    expect(follower.cursor).toBe('last');
  });

  test.each([
    ['a transition that is told twice', [snapshot(queued), moved(running), moved(running)], /RUNNING after/],
    ['a step back', [snapshot(running), moved(queued)], /QUEUED\/PENDING after RUNNING/],
    ['a snapshot that goes back', [snapshot(running), snapshot(queued)], /a snapshot/],
    ['a second end', [snapshot(succeeded), moved(at('FINISHED', 'FAILED'))], /after the end/],
    ['the same end again', [snapshot(queued), moved(succeeded), moved(succeeded)], /after the end/],
    ['a change that moves', [snapshot(queued), changed(running)], /a mere change/],
    ['a transition out of nothing', [moved(running)], /before any snapshot/],
  ])('finds %s', (_, frames, wrong) => {
    expect(judge(...frames)[0]).toMatch(wrong);
  });

  test('finds an OK before the end', () => {
    expect(judge(snapshot(queued))).toEqual(['the stream ended with OK after QUEUED/PENDING']);
    expect(judge()).toEqual(['the stream ended with OK after nothing']);
  });
});
