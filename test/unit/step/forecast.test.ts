import { expect, test } from 'vitest';
import { advance } from '../../../src/step/advance.ts';
import type { SeenForecast } from '../../../src/step/forecast.ts';
import type { Step } from '../../../src/step/step.ts';
import type { Milestone } from '../../../src/step/verdict.ts';
import { end, milestone, queued, running, verdict } from './build.ts';

const mark = (cause: string, incarnation = 0) =>
  ({ kind: 'DISRUPTION_EXPECTED', incarnation, detail: cause }) as const;
const drain: SeenForecast = { cause: 'NodeDrain', message: 'It goes.', deadline: 60_000, since: 1_000 };
const cordon: SeenForecast = { cause: 'NodeCordoned', message: 'It may go.' };

/** What the last of these verdicts tells, each a second after the one before. */
function after(...forecasts: readonly (SeenForecast | undefined)[]) {
  let step: Step | undefined;
  let events: ReturnType<typeof advance> = [];
  for (const [i, forecast] of forecasts.entries()) {
    events = advance(step, seen([queued, running], forecast), 1_000 * (i + 1));
    step = events.at(-1)?.step ?? step;
  }
  return { step, events };
}
const seen = (way: readonly Milestone[], forecast: SeenForecast | undefined, more = {}) =>
  verdict(way, {
    ...(forecast && { forecast, marks: [mark(forecast.cause, way.at(-1)?.incarnation)] }),
    ...more,
  });

test('a forecast is told as a change without a transition, with when it was seen', () => {
  const { events } = after(undefined, drain);
  expect(events).toHaveLength(1);
  expect(events[0]).not.toHaveProperty('transition');
  expect(events[0]?.step.disruptionExpected).toEqual({
    cause: 'NodeDrain',
    message: 'It goes.',
    deadline: 60_000,
    observeTime: 2_000,
  });
});

test('the same forecast is no news; another deadline is, and was seen when its cause was', () => {
  expect(after(drain, drain).events).toEqual([]);
  expect(after(drain, { ...drain, deadline: 60_900 }).events).toEqual([]);
  const { events } = after(drain, { ...drain, deadline: 61_000 });
  expect(events[0]?.step.disruptionExpected).toMatchObject({ deadline: 61_000, observeTime: 1_000 });
  expect(after(drain, { ...drain, message: 'Soon.' }).events).toHaveLength(1);
});

test('one that is withdrawn is gone from the step, and stays a moment', () => {
  const { events, step } = after(cordon, undefined);
  expect(events).toHaveLength(1);
  expect(step).not.toHaveProperty('disruptionExpected');
  expect(step?.marks).toEqual([{ ...mark('NodeCordoned'), time: 1_000, observeTime: 1_000 }]);
});

test('each cause is a moment once, however often it comes and goes', () => {
  const { step } = after(cordon, undefined, cordon, drain, undefined, drain);
  expect(step?.marks.map((m) => [m.detail, m.observeTime])).toEqual([
    ['NodeCordoned', 1_000],
    ['NodeDrain', 4_000],
  ]);
});

test('a step that moves on keeps it; a life that begins anew does not have it', () => {
  const before = after(drain).step;
  const moving = advance(before, seen([queued, running, milestone('TERMINATING', 'RUNNING')], drain), 9_000);
  expect(moving.at(-1)?.step.disruptionExpected?.observeTime).toBe(1_000);
  const next = milestone('QUEUED', 'PENDING', { incarnation: 1 });
  const reborn = advance(before, seen([queued, running, next], undefined), 9_000);
  expect(reborn.map((e) => e.step.disruptionExpected)).toEqual([undefined]);
  const again = advance(before, seen([queued, running, next], drain), 9_000);
  expect(again.at(-1)?.step.disruptionExpected?.observeTime).toBe(9_000);
});

test('what was expected stays between the end of the pod and the end of the step', () => {
  const before = after(drain).step;
  expect(advance(before, verdict([queued, running], { forecast: 'over' }), 9_000)).toEqual([]);
  const never = advance(after(undefined).step, verdict([queued, running], { forecast: 'over' }), 9_000);
  expect(never).toEqual([]);
});

test('a step that is over expects nothing more', () => {
  const over = seen([queued, running], drain, { end: end('recorded'), recordedTimeline: [] });
  const { step } = advance(after(drain).step, over, 9_000).at(-1) ?? {};
  expect(step?.state).toBe('SUCCEEDED');
  expect(step).not.toHaveProperty('disruptionExpected');
});
