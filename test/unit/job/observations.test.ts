import { describe, expect, test } from 'vitest';
import { annotation } from '../../../src/job/metadata.ts';
import type { JobView, PodView } from '../../../src/job/observation.ts';
import {
  notedObservations,
  observations,
  observationsPatch,
  unnoted,
} from '../../../src/job/observations.ts';
import type { StepRecord } from '../../../src/job/record.ts';
import type { Stop } from '../../../src/job/stop.ts';
import type { Outcome } from '../../../src/step/step.ts';
import { outcome } from '../step/build.ts';
import { aJob, at, condition, endedPod, exited, job, pod, runningPod, runs, seen } from './build.ts';

const record = (state: StepRecord['end']['state'], more: Partial<Outcome> = {}): StepRecord => ({
  end: { state, outcome: { ...outcome(state), ...more }, time: at(9), incarnation: 0 },
  timeline: [],
  image: 'agent:1',
  pod: { namespace: 'glip-acme', name: 'glip-run-step-x', uid: 'pod-1' },
});
const stop: Stop = { cause: 'Cancel', reason: '', requestedBy: '', time: at(6) };

const observed = (of: StepRecord | undefined, pods: readonly PodView[], view: JobView = aJob(), by?: Stop) =>
  observations(view, seen(job(view), ...pods.map(pod)), of, by);

describe('facts after the end', () => {
  test('none before there is an end', () => {
    expect(observed(undefined, [endedPod(exited(3))], aJob({ conditions: [condition('Complete')] }))).toEqual(
      [],
    );
  });

  test('none where all is as it was told', () => {
    const ended = record('FAILED', { exitCode: 3, startTime: at(5) });
    expect(observed(ended, [endedPod(exited(3))], aJob({ conditions: [condition('Failed')] }))).toEqual([]);
  });

  test('an exit code that nobody could know when the end was told', () => {
    const ended = record('FAILED', { reason: 'EndUnconfirmed', startTime: at(5) });
    expect(observed(ended, [endedPod(exited(0))])).toEqual([
      'The node of pod glip-run-step-x reported later that the agent ended at 2026-11-23T12:00:08Z with exit code 0.',
    ]);
  });

  test('no exit code of a container that the node has only lost', () => {
    const lost = endedPod(exited(137, { startTime: undefined, reason: 'ContainerStatusUnknown' }));
    expect(observed(record('FAILED', { reason: 'EndUnconfirmed' }), [lost])).toEqual([]);
  });

  test('a start that was called impossible', () => {
    expect(observed(record('FAILED', { mayHaveStarted: false }), [runningPod()])).toEqual([
      'The agent did start, in pod glip-run-step-x at 2026-11-23T12:00:05Z.',
    ]);
  });

  test('another pod that started the agent later', () => {
    const other = runningPod({ uid: 'pod-2', name: 'other', agent: { ...runs, startTime: at(30) } });
    const ended = record('SUCCEEDED', { exitCode: 0, startTime: at(5) });
    expect(observed(ended, [endedPod(exited(0)), other])).toEqual([
      'Another pod of the Job, other, started the agent at 2026-11-23T12:00:30Z.',
    ]);
  });

  test('a pod of an earlier life is none', () => {
    const earlier = endedPod(exited(137, { startTime: at(2) }), { uid: 'pod-0', name: 'earlier' });
    const ended = record('SUCCEEDED', { exitCode: 0, startTime: at(5) });
    expect(observed(ended, [earlier, endedPod(exited(0))])).toEqual([]);
  });
});

describe('where kubectl shows something else than the step', () => {
  const success = record('SUCCEEDED', { exitCode: 0, startTime: at(5) });
  const failedJob = (more: Partial<JobView> = {}) =>
    aJob({ conditions: [condition('Failed', 'DeadlineExceeded')], ...more });

  test('a Job that is Complete behind a step that is not', () => {
    const ended = record('FAILED', { reason: 'OOMKilled', exitCode: 0 });
    expect(observed(ended, [], aJob({ conditions: [condition('Complete')] }))).toEqual([
      "Kubernetes calls the Job Complete, since its pod ended with exit code 0; the step's own end is OOMKilled.",
    ]);
  });

  test('a Job that the executor ended for a sidecar', () => {
    expect(observed(success, [], failedJob({ deadlineSeconds: 0 }))[0]).toContain(
      'another container kept its pod alive',
    );
  });

  test('a Job that a cancel ended too late', () => {
    expect(observed(success, [], failedJob({ deadlineSeconds: 0 }), stop)).toEqual([
      'Kubernetes calls the Job Failed (DeadlineExceeded); the agent had ended with success.',
    ]);
  });

  test('nothing of a Job that failed with its step', () => {
    expect(observed(record('CANCELLED'), [], failedJob(), stop)).toEqual([]);
  });
});

describe('what an executor has noted', () => {
  const noted = (text: string) =>
    aJob({ annotations: { ...aJob().annotations, [annotation.observations]: text } });

  test('comes first, and once', () => {
    const ended = record('FAILED', { exitCode: 0, reason: 'OOMKilled', startTime: at(5) });
    const complete = [condition('Complete')];
    const all = observed(ended, [], aJob({ conditions: complete }));
    const view = { ...noted(JSON.stringify(['earlier', ...all])), conditions: complete };
    expect(observed(ended, [], view)).toEqual(['earlier', ...all]);
    expect(unnoted(view, ['earlier', ...all])).toEqual({});
  });

  test('lacks what is new', () => {
    const view = noted('["earlier"]');
    expect(unnoted(view, ['earlier', 'new'])).toEqual({ unnoted: { recorded: '["earlier"]' } });
    const patch = observationsPatch('job-1', '["earlier"]', ['earlier', 'new']);
    expect(patch.map((o) => o.value)).toEqual(['job-1', '["earlier"]', '["earlier","new"]']);
  });

  test.each(['{', '{}', '[1]', 'null'])('is nothing where it reads %s', (text) => {
    expect(notedObservations(noted(text))).toEqual([]);
  });

  test('is never more than 16', () => {
    const many = Array.from({ length: 40 }, (_, i) => `o${i}`);
    expect(notedObservations(noted(JSON.stringify(many)))).toEqual(many.slice(-16));
    expect(observationsPatch('u', undefined, many).at(-1)?.value).toBe(JSON.stringify(many.slice(-16)));
  });
});
