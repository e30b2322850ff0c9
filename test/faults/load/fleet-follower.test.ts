import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import {
  type WatchStepsResponse,
  WatchStepsResponseSchema,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { StepPhase, StepSchema, StepState, TransitionSchema } from '../../../gen/glip/executor/v1/step_pb.js';
import { createFleetFollower } from './fleet-follower.ts';

type Phase = Exclude<keyof typeof StepPhase, number>;
type State = Exclude<keyof typeof StepState, number>;

const step = (phase: Phase, state: State, stepId = 'a') =>
  create(StepSchema, {
    key: { tenant: 't', runId: 'r', stepId, attempt: 0 },
    phase: StepPhase[phase],
    state: StepState[state],
  });
type Step = ReturnType<typeof step>;

const frame = (of: WatchStepsResponse['frame'], cursor = 'c'): WatchStepsResponse =>
  create(WatchStepsResponseSchema, { frame: of, cursor });
const update = (of: Step, more: object = {}) =>
  frame({
    case: 'update',
    value: { $typeName: 'glip.executor.v1.StepUpdate', step: of, replayed: false, ...more },
  });
const snapshot = (of: Step) => frame({ case: 'snapshot', value: of });
const moved = (of: Step) =>
  update(of, { transition: create(TransitionSchema, { phase: of.phase, state: of.state }) });
const replayed = (of: Step) => update(of, { replayed: true });
const synced = frame({
  case: 'synced',
  value: { $typeName: 'glip.executor.v1.Synced', steps: 1, gap: false },
});
const forgotten = frame({
  case: 'forgotten',
  value: { $typeName: 'glip.executor.v1.Forgotten', jobUid: 'u' },
});
const again = 'again' as const;

const queued = step('QUEUED', 'PENDING');
const running = step('RUNNING', 'RUNNING');
const succeeded = step('FINISHED', 'SUCCEEDED');

/** What is wrong with these frames; `again` is another connection. */
function judge(...frames: readonly (WatchStepsResponse | typeof again)[]): readonly string[] {
  const follower = createFleetFollower();
  return frames.flatMap((one) => {
    if (one !== again) return follower.take(one) ?? [];
    follower.opened();
    return [];
  });
}

describe('a follower of many steps', () => {
  test('finds nothing wrong with whole histories, and with a step that is skipped ahead', () => {
    const other = step('FINISHED', 'FAILED', 'b');
    expect(judge(snapshot(queued), synced, moved(running), update(running), moved(succeeded))).toEqual([]);
    expect(judge(synced, moved(queued), moved(other), snapshot(succeeded))).toEqual([]);
  });

  test('finds nothing wrong with what a resume repeats, also by a replica that learns of it later', () => {
    const follower = createFleetFollower();
    const take = (...frames: readonly WatchStepsResponse[]) => frames.map(follower.take);
    const well = [undefined, undefined, undefined];
    expect(take(synced, moved(running), moved(succeeded))).toEqual(well);
    follower.opened();
    expect(take(replayed(running), synced, moved(succeeded))).toEqual(well);
    expect(follower.repeated).toBe(1);
  });

  test('an observation that comes after the end is no second end', () => {
    const noted = { ...succeeded, observations: ['late'] };
    expect(judge(synced, moved(succeeded), update(noted))).toEqual([]);
    expect(judge(synced, moved(succeeded), update(succeeded)).join()).toMatch(/after FINISHED/);
    const other = { ...noted, state: StepState.FAILED };
    expect(judge(synced, moved(succeeded), update(other)).join()).toMatch(/and as/);
  });

  test('knows ends and cursor', () => {
    const follower = createFleetFollower();
    follower.take(moved(running));
    expect([...follower.ends.keys()]).toEqual([]);
    follower.take(moved(succeeded));
    expect([...follower.ends.keys()]).toEqual(['t/r/a@0']);
    expect(follower.cursor).toBe('c');
    follower.startAnew();
    expect(follower.cursor).toBe('');
  });

  test.each<[string, (WatchStepsResponse | typeof again)[], RegExp]>([
    ['a step back', [synced, moved(running), moved(queued)], /QUEUED\/PENDING after RUNNING/],
    ['a transition that is told twice', [synced, moved(running), moved(running)], /RUNNING after/],
    ['an end that is told twice', [synced, moved(succeeded), snapshot(succeeded)], /after FINISHED/],
    ['another end', [synced, moved(succeeded), moved(step('FINISHED', 'FAILED'))], /after FINISHED/],
    ['another end elsewhere', [moved(succeeded), again, replayed(step('FINISHED', 'FAILED'))], /ended as/],
    ['a step back after a resume', [synced, again, moved(running), moved(queued)], /after RUNNING/],
    ['a record that is forgotten', [synced, forgotten], /forgotten/],
  ])('finds %s', (_, frames, wrong) => {
    expect(judge(...frames).join()).toMatch(wrong);
  });
});
