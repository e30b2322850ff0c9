import { describe, expect, test } from 'vitest';
import { classify } from '../../../src/job/classify.ts';
import type { Observation, PodView } from '../../../src/job/observation.ts';
import {
  aJob,
  anEvent,
  aPod,
  at,
  endedPod,
  events,
  exited,
  job,
  pod,
  runningPod,
  seen,
  stoppedJob,
} from './build.ts';

const wishOf = (...observations: readonly Observation[]) => classify(seen(...observations))?.eventsWish;
const waits = (reason: string, more: Partial<PodView> = {}) =>
  pod(aPod({ agent: { kind: 'waiting', reason, message: 'm' }, ...more }));
const started = (second: number) => pod(runningPod({ agent: { kind: 'running', startTime: at(second) } }));
const pulled = anEvent({ type: 'Normal', reason: 'Pulled' });

describe('Events are wanted', () => {
  test.each<[string, readonly Observation[], object]>([
    ['without a pod', [], { about: 'job-1', question: 'no-pod', delayMs: 1_000, again: true }],
    [
      'while the container is made',
      [waits('ContainerCreating')],
      { about: 'pod-1', question: 'creating', delayMs: 2_000, again: true },
    ],
    ['while the node says nothing', [pod(aPod())], { about: 'pod-1', question: 'creating' }],
    [
      'once, while the container waits',
      [waits('ErrImagePull')],
      { about: 'pod-1', question: 'held', again: false },
    ],
    [
      'once, while an init container waits',
      [waits('PodInitializing', { heldBy: { name: 'i', reason: 'ErrImagePull', message: '' } })],
      { question: 'held' },
    ],
    ['once, after a long start', [started(4)], { about: 'pod-1', question: 'start', again: false }],
  ])('%s', (_, observations, want) => {
    expect(wishOf(job(aJob()), ...observations)).toMatchObject(want);
  });

  test.each<[string, readonly Observation[]]>([
    ['of a Job that is suspended', [job(aJob({ suspended: true }))]],
    ['without a node: the scheduler’s condition says it all', [job(aJob()), pod(aPod({ node: '' }))]],
    ['after a start that took a second, as Kubernetes cuts its times', [job(aJob()), started(3)]],
    ['after a long start that is explained', [job(aJob()), started(4), events(pulled)]],
    ['after a start that has no time', [job(aJob()), pod(runningPod({ conditions: [] }))]],
    ['of a step that is stopped', [job(stoppedJob()), waits('ErrImagePull')]],
    ['of a step that has ended', [job(aJob()), pod(endedPod(exited(0)))]],
  ])('not %s', (_, observations) => {
    expect(wishOf(...observations)).toBeUndefined();
  });
});
