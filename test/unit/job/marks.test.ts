import { expect, test } from 'vitest';
import { classify } from '../../../src/job/classify.ts';
import type { EventView } from '../../../src/job/event-view.ts';
import { annotation } from '../../../src/job/metadata.ts';
import type { Observation } from '../../../src/job/observation.ts';
import { aJob, aPod, at, job, pod, runningPod, seen } from './build.ts';

const marksOf = (...observations: readonly Observation[]) => classify(seen(...observations))?.marks;
const acceptedAt = (text: string) =>
  job(aJob({ annotations: { ...aJob().annotations, [annotation.accepted]: text } }));

const event = (reason: string, seconds: number, message = ''): EventView => ({
  uid: `${reason}-${seconds}`,
  version: '1',
  namespace: 'glip-acme',
  about: { kind: 'Pod', uid: 'pod-1' },
  container: 'agent',
  type: 'Normal',
  reason,
  message,
  count: 1,
  firstTime: at(seconds),
  lastTime: at(seconds),
  component: 'kubelet',
});
const events = (...found: readonly EventView[]): Observation => ({
  kind: 'events',
  jobUid: 'job-1',
  events: found,
});

test('a submit has the time at which the executor took it', () => {
  expect(marksOf(acceptedAt('1795435200000'))).toEqual([
    { kind: 'ACCEPTED', incarnation: 0, time: 1795435200000, observeTime: 1795435200000, detail: '' },
  ]);
});

test.each(['', 'soon', '-1', '1e400', '1.5'])('a time that reads %j is none', (text) => {
  expect(marksOf(acceptedAt(text))).toEqual([]);
});

test('a gate is a moment when it is seen, and another when it is gone', () => {
  const gated = pod(aPod({ gated: true, node: '' }));
  expect(marksOf(job(aJob()), gated)).toEqual([{ kind: 'GATED', incarnation: 0, time: at(1), detail: '' }]);
  expect(marksOf(job(aJob()), gated, pod(aPod()))?.map((m) => [m.kind, m.time])).toEqual([
    ['GATED', at(1)],
    ['UNGATED', undefined],
  ]);
  expect(marksOf(job(aJob()), pod(aPod()))).toEqual([]);
});

test('a pull is what the Events of the pod tell of it', () => {
  const told = events(event('Pulling', 2), event('Pulled', 9, 'Successfully pulled\nimage'));
  expect(marksOf(job(aJob()), pod(runningPod()), told)).toEqual([
    { kind: 'PULLING', incarnation: 0, time: at(2), detail: '' },
    { kind: 'PULLED', incarnation: 0, time: at(9), detail: 'Successfully pulled image' },
  ]);
  expect(marksOf(job(aJob()), told)).toEqual([]);
});
