import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { advance, type StepEvent } from '../../../src/step/advance.ts';
import { isFinal, rank } from '../../../src/step/state.ts';
import type { Step, Waiting } from '../../../src/step/step.ts';
import type { Verdict } from '../../../src/step/verdict.ts';
import {
  anyVerdict,
  cancelling,
  end,
  milestone,
  pulling,
  queued,
  running,
  scheduling,
  stepAt,
  verdict,
} from './build.ts';

const now = 5_555;
const phases = (events: readonly StepEvent[]) => events.map((e) => e.transition?.phase);

/** A step's life under a row of verdicts. */
function live(verdicts: readonly Verdict[]): { events: readonly StepEvent[]; step: Step | undefined } {
  const events: StepEvent[] = [];
  let step: Step | undefined;
  for (const v of verdicts) {
    for (const event of advance(step, v, now)) {
      events.push(event);
      step = event.step;
    }
  }
  return { events, step };
}

describe('what a verdict makes of a step', () => {
  test('a step begins with the whole way that its objects show', () => {
    const events = advance(undefined, verdict([queued, scheduling, pulling, running]), now);
    expect(phases(events)).toEqual(['QUEUED', 'SCHEDULING', 'PULLING_IMAGE', 'RUNNING']);
    expect(events[3]?.step.timeline).toEqual(
      [queued, scheduling, pulling, running].map((m) => ({ ...m, observeTime: now })),
    );
  });

  test('a life that is over is told as it was recorded, also by a replica that had seen it too', () => {
    const [first, second] = [queued, running].map((m) => ({ ...m, observeTime: 42 }));
    const next = milestone('QUEUED', 'PENDING', { incarnation: 1 });
    const { step } = live([verdict([queued, running]), verdict([first!, second!, next])]);
    expect(step?.timeline).toEqual([first, second, { ...next, observeTime: now }]);
  });

  test.each(['recorded', 'gone'] as const)(
    'an end that is %s of an earlier life, where somebody took the lives from the Job, is told of the last one',
    (basis) => {
      const second = milestone('RUNNING', 'RUNNING', { incarnation: 1 });
      const before = live([verdict([queued, running, second])]).step!;
      const recorded = milestone('FINISHED', 'FAILED', { time: 9_000 });
      const over = verdict([queued, running], {
        end: end(basis, 'FAILED'),
        ...(basis === 'recorded' && {
          recordedTimeline: [queued, running, recorded].map((m) => ({ ...m, observeTime: 42 })),
        }),
      });
      const [event, ...more] = advance(before, over, now);
      expect(more).toEqual([]);
      const told = { ...recorded, reason: 'FAILED', incarnation: 1 };
      expect(event?.transition).toMatchObject({ incarnation: 1, phase: 'FINISHED', state: 'FAILED' });
      expect(event?.step).toMatchObject({
        state: 'FAILED',
        incarnation: 1,
        outcome: end(basis, 'FAILED').outcome,
      });
      expect(event?.step.timeline.slice(0, -1)).toEqual(before.timeline);
      expect(event?.step.timeline.at(-1)).toMatchObject(
        basis === 'recorded'
          ? { incarnation: 1, time: 9_000, observeTime: 42 }
          : { ...told, observeTime: now },
      );
      expect(advance(event?.step, over, now)).toEqual([]);
    },
  );

  test('only what is new is told', () => {
    expect(phases(advance(stepAt(pulling), verdict([queued, scheduling, pulling, running]), now))).toEqual([
      'RUNNING',
    ]);
  });

  test('the same again is nothing', () => {
    expect(advance(stepAt(running), verdict([queued, running]), now)).toEqual([]);
  });

  test('a view that is behind takes nothing back', () => {
    expect(advance(stepAt(running), verdict([queued]), now)).toEqual([]);
  });

  test('another waiting reason is a change without a transition', () => {
    const waiting = { reason: 'Unschedulable', message: 'no', since: 1, remedy: '' };
    const [event, ...more] = advance(stepAt(scheduling), verdict([queued, scheduling], { waiting }), now);
    expect(more).toEqual([]);
    expect(event?.transition).toBeUndefined();
    expect(event?.step.waiting).toEqual(waiting);
  });

  describe('a step that goes on waiting for the same', () => {
    const before = { reason: 'Unschedulable', message: 'no', since: 10_000, giveUpTime: 60_000, remedy: '' };
    const changes = (waiting: Waiting) =>
      advance(stepAt(scheduling, { waiting: before }), verdict([queued, scheduling], { waiting }), now);
    const { giveUpTime: _, ...forEver } = before;

    test.each<[what: string, waiting: Waiting]>([
      ['is given up sooner', { ...before, giveUpTime: 30_000 }],
      ['is given up later', { ...before, giveUpTime: 61_000 }],
      ['is not given up any more', forEver],
      ['waits for longer than was known', { ...before, since: 9_000 }],
      ['can be helped otherwise', { ...before, remedy: 'add nodes' }],
    ])('is told once that it %s', (_, waiting) => {
      const [event, ...more] = changes(waiting);
      expect(more).toEqual([]);
      expect(event?.transition).toBeUndefined();
      expect(event?.step.waiting).toEqual(waiting);
      const again = advance(event?.step, verdict([queued, scheduling], { waiting }), now);
      expect(again).toEqual([]);
    });

    test('is not told of what the cut to whole seconds makes of its times', () => {
      expect(changes({ ...before, since: 9_001, giveUpTime: 60_999 })).toEqual([]);
    });

    test('is told when such moves add up, and not at each of them', () => {
      let step: Step | undefined = stepAt(scheduling, { waiting: before });
      let told = 0;
      for (let giveUpTime = 60_100; giveUpTime <= 65_000; giveUpTime += 100) {
        const waiting = { ...before, giveUpTime };
        for (const event of advance(step, verdict([queued, scheduling], { waiting }), now)) {
          told += 1;
          step = event.step;
        }
      }
      expect(told).toBe(5);
      expect(step?.waiting?.giveUpTime).toBe(65_000);
    });
  });

  test('the waiting reason goes with the wait', () => {
    const waiting = { reason: 'Unschedulable', message: 'no', since: 1, remedy: '' };
    const [event] = advance(stepAt(scheduling, { waiting }), verdict([queued, scheduling, pulling]), now);
    expect(event?.step).not.toHaveProperty('waiting');
  });

  test('no transition on the way carries an old waiting reason', () => {
    const waiting = { reason: 'Unschedulable', message: 'no', since: 1, remedy: '' };
    const events = advance(
      stepAt(scheduling, { waiting }),
      verdict([queued, scheduling, pulling, running]),
      now,
    );
    expect(phases(events)).toEqual(['PULLING_IMAGE', 'RUNNING']);
    for (const { step } of events) expect(step).not.toHaveProperty('waiting');
  });

  test.each(['proposed', 'absence'] as const)('an end that is %s is not told', (basis) => {
    const events = advance(stepAt(running), verdict([queued, running], { end: end(basis) }), now);
    expect(events).toEqual([]);
  });

  test('a way is told up to an end that is only proposed', () => {
    const events = advance(stepAt(scheduling), verdict([queued, running], { end: end('proposed') }), now);
    expect(phases(events)).toEqual(['RUNNING']);
    expect(events[0]?.step).not.toHaveProperty('outcome');
  });

  test.each(['recorded', 'gone'] as const)('an end that is %s is told, with its outcome', (basis) => {
    const events = advance(stepAt(running), verdict([queued, running], { end: end(basis, 'FAILED') }), now);
    expect(phases(events)).toEqual(['FINISHED']);
    expect(events[0]?.step).toMatchObject({ state: 'FAILED', outcome: { reason: 'FAILED' } });
  });

  test('a record brings its own history, with the times at which it was first seen', () => {
    const seen = [queued, scheduling, running].map((m) => ({ ...m, observeTime: 42 }));
    const finished = { ...milestone('FINISHED', 'SUCCEEDED'), observeTime: 43 };
    const recordedTimeline = [...seen, finished];
    const events = advance(undefined, verdict([queued], { end: end('recorded'), recordedTimeline }), now);
    expect(phases(events)).toEqual(['QUEUED', 'SCHEDULING', 'RUNNING', 'FINISHED']);
    expect(events.at(-1)?.transition).toEqual(finished);
    expect(events.at(-1)?.step.timeline).toEqual(recordedTimeline);
  });

  test('a replaced pod begins again at its own incarnation', () => {
    const second = [milestone('SCHEDULING', 'PENDING', { incarnation: 1 })];
    const events = advance(stepAt(running), verdict([queued, ...second]), now);
    expect(events.map((e) => e.transition?.incarnation)).toEqual([1]);
  });

  test('a cancel is confirmed by the end only', () => {
    const cancellation = {
      reason: '',
      requestedBy: 'me',
      requestTime: 1,
      graceSeconds: 30,
      confirmed: false,
    };
    const [asked] = advance(stepAt(running), verdict([queued, running, cancelling], { cancellation }), now);
    expect(asked?.step.cancellation?.confirmed).toBe(false);
    const ended = verdict([queued], { cancellation, end: end('recorded', 'CANCELLED') });
    expect(advance(asked?.step, ended, now)[0]?.step.cancellation?.confirmed).toBe(true);
    const finished = verdict([queued], { cancellation, end: end('recorded', 'SUCCEEDED') });
    expect(advance(asked?.step, finished, now)[0]?.step.cancellation?.confirmed).toBe(false);
  });

  test('a pod and its node are not forgotten', () => {
    const pod = { namespace: 'n', name: 'p', uid: 'u' };
    const [event] = advance(stepAt(scheduling, { pod, node: 'node-1' }), verdict([running]), now);
    expect(event?.step).toMatchObject({ pod, node: 'node-1' });
  });
});

describe('laws', () => {
  const lives = fc.array(anyVerdict, { maxLength: 12 });

  test('a history only grows', () => {
    fc.assert(
      fc.property(lives, (verdicts) => {
        const { events } = live(verdicts);
        const ranks = events.flatMap((e) => (e.transition ? [rank(e.transition)] : []));
        expect(ranks).toEqual([...new Set(ranks)].sort((a, b) => a - b));
        for (const [i, event] of events.entries()) {
          const before = events[i - 1]?.step;
          if (before) expect(rank(event.step)).toBeGreaterThanOrEqual(rank(before));
        }
      }),
    );
  });

  test('nothing follows a final state', () => {
    fc.assert(
      fc.property(lives, anyVerdict, (verdicts, late) => {
        const { events, step } = live(verdicts);
        const finals = events.filter((e) => isFinal(e.step.state));
        expect(finals.length).toBeLessThanOrEqual(1);
        if (finals.length === 1) expect(events.at(-1)).toBe(finals[0]);
        if (step && isFinal(step.state)) expect(advance(step, late, now)).toEqual([]);
      }),
    );
  });

  test('an outcome is there exactly in the final states', () => {
    fc.assert(
      fc.property(lives, (verdicts) => {
        for (const { step } of live(verdicts).events) expect('outcome' in step).toBe(isFinal(step.state));
      }),
    );
  });

  test('every verdict is idempotent', () => {
    fc.assert(
      fc.property(lives, (verdicts) => {
        const once = live(verdicts);
        expect(live(verdicts.flatMap((v) => [v, v])).events).toEqual(once.events);
      }),
    );
  });

  test('the timeline is what was told, in order', () => {
    fc.assert(
      fc.property(lives, (verdicts) => {
        const { events, step } = live(verdicts);
        expect(step?.timeline ?? []).toEqual(events.flatMap((e) => (e.transition ? [e.transition] : [])));
      }),
    );
  });
});
