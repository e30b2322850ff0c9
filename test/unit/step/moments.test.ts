import { expect, test } from 'vitest';
import { momentsOf } from '../../../src/step/moments.ts';
import type { Transition } from '../../../src/step/step.ts';
import { milestone, pulling, queued, running, scheduling } from './build.ts';

const seenAt = (observeTime: number, at: Omit<Transition, 'observeTime'>): Transition => ({
  ...at,
  observeTime,
});
const mark = (kind: 'ACCEPTED' | 'GATED' | 'UNGATED' | 'PULLING' | 'PULLED', incarnation = 0) =>
  ({ kind, incarnation, time: 1, observeTime: 2, detail: kind.toLowerCase() }) as const;

test('transitions and marks stand in the order in which they happen, whatever their times', () => {
  const timeline = [
    seenAt(1, queued),
    seenAt(2, scheduling),
    seenAt(3, { ...pulling, message: 'node n1' }),
    seenAt(4, running),
    seenAt(5, milestone('TERMINATING', 'CANCELLING', { reason: 'Cancel' })),
    seenAt(6, milestone('FINISHED', 'CANCELLED', { reason: 'Cancelled', time: 7_000 })),
  ];
  const marks = [mark('PULLED'), mark('PULLING'), mark('UNGATED'), mark('GATED'), mark('ACCEPTED')];
  expect(momentsOf({ timeline, marks }).map((m) => [m.kind, m.observeTime, m.detail])).toEqual([
    ['ACCEPTED', 2, 'accepted'],
    ['JOB_CREATED', 1, ''],
    ['POD_CREATED', 2, ''],
    ['GATED', 2, 'gated'],
    ['UNGATED', 2, 'ungated'],
    ['SCHEDULED', 3, 'node n1'],
    ['PULLING', 2, 'pulling'],
    ['PULLED', 2, 'pulled'],
    ['STARTED', 4, ''],
    ['TERMINATING', 5, 'Cancel'],
    ['FINISHED', 6, 'Cancelled'],
    ['OBSERVED', 6, ''],
  ]);
});

test('the end was observed when it was recorded, by the clock of who recorded it', () => {
  const timeline = [seenAt(9_500, milestone('FINISHED', 'SUCCEEDED', { time: 9_000 }))];
  expect(momentsOf({ timeline, marks: [] })).toEqual([
    { kind: 'FINISHED', incarnation: 0, time: 9_000, observeTime: 9_500, detail: '' },
    { kind: 'OBSERVED', incarnation: 0, time: 9_500, observeTime: 9_500, detail: '' },
  ]);
});

test('each life has moments of its own, but the Job is made once', () => {
  const timeline = [queued, running, { ...queued, incarnation: 1 }, { ...running, incarnation: 1 }];
  const moments = momentsOf({ timeline: timeline.map((t) => seenAt(0, t)), marks: [mark('PULLED', 1)] });
  expect(moments.map((m) => [m.incarnation, m.kind])).toEqual([
    [0, 'JOB_CREATED'],
    [0, 'STARTED'],
    [1, 'PULLED'],
    [1, 'STARTED'],
  ]);
});
