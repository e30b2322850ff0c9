import { expect, test } from 'vitest';
import { type Moment, momentsOf } from '../../../src/step/moments.ts';
import type { Transition } from '../../../src/step/step.ts';
import { milestone, pulling, queued, running, scheduling } from './build.ts';

const seenAt = (observeTime: number, at: Omit<Transition, 'observeTime'>): Transition => ({
  ...at,
  observeTime,
});
const mark = (
  kind: 'ACCEPTED' | 'GATED' | 'UNGATED' | 'PULLING' | 'PULLED' | 'DISRUPTION_EXPECTED',
  incarnation = 0,
) => ({ kind, incarnation, time: 1, observeTime: 2, detail: kind.toLowerCase() }) as const;

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

test('what was announced stands behind what was seen before it, whatever its kind', () => {
  const at = (observeTime: number, detail: string, incarnation = 0) =>
    ({ ...mark('DISRUPTION_EXPECTED', incarnation), observeTime, detail }) as const;
  const timeline = [
    seenAt(1, queued),
    seenAt(4, running),
    seenAt(6, milestone('TERMINATING', 'RUNNING')),
    seenAt(8, { ...queued, incarnation: 1 }),
    seenAt(9, { ...running, incarnation: 1 }),
  ];
  const marks = [at(2, 'early'), at(5, 'late'), at(6, 'at once'), at(9, 'next life', 1)];
  expect(momentsOf({ timeline, marks: [...marks, { ...mark('PULLED'), observeTime: 7 }] }).map(told)).toEqual(
    ['JOB_CREATED', 'early', 'PULLED', 'STARTED', 'late', 'at once', 'TERMINATING', 'STARTED', 'next life'],
  );
});
const told = ({ kind, detail }: Moment) => (kind === 'DISRUPTION_EXPECTED' ? detail : kind);

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
