import { describe, expect, test } from 'vitest';
import { classify } from '../../../src/job/classify.ts';
import { annotation, startGate } from '../../../src/job/metadata.ts';
import type { JobView, Observation, PodView } from '../../../src/job/observation.ts';
import { choosePatch, openPatch } from '../../../src/job/one-start.ts';
import { projectJob, projectPod } from '../../../src/job/project.ts';
import type { StartWish } from '../../../src/step/wishes.ts';
import {
  aJob,
  aPod,
  at,
  condition,
  deleting,
  endedPod,
  exited,
  job,
  jobGone,
  noMorePods,
  pod,
  podGone,
  runningPod,
  seen,
  stoppedJob,
} from './build.ts';

const gate = { gated: true, gateAt: 0, node: '', conditions: [] } as const;
const held = (more: Partial<PodView> = {}) => aPod({ ...gate, ...more });
const other = held({ uid: 'pod-2', name: 'glip-run-step-y', createTime: at(3) });
const open = (more: Partial<PodView> = {}) => aPod({ node: '', ...more });

const once = (chosen?: string, more: Partial<JobView> = {}): JobView => {
  const base = aJob({ startsOnce: true, ...more });
  if (chosen === undefined) return base;
  return { ...base, annotations: { ...base.annotations, [annotation.chosenPod]: chosen } };
};
const verdict = (...observations: readonly Observation[]) => classify(seen(...observations))!;
const failed = condition('Failed', 'BackoffLimitExceeded');

describe('what is to be done', () => {
  const none: readonly (readonly [string, readonly Observation[]])[] = [
    ['a plain step', [job(aJob()), pod(aPod())]],
    ['no pod yet', [job(once())]],
    ['it is being stopped', [job({ ...stoppedJob(), startsOnce: true }), pod(held())]],
    ['the Job is deleted', [job(once(undefined, { deleteTime: at(4) })), pod(held())]],
    ['the Job has gone', [job(once()), pod(held()), jobGone]],
    ['the Job is suspended', [job(once(undefined, { suspended: true })), pod(held())]],
    ['somebody ends the Job', [job(once(undefined, { deadlineSeconds: 0 })), pod(held())]],
    ['the Job is decided', [job(once(undefined, { conditions: [failed] })), pod(held())]],
    ['the only pod is being deleted', [job(once()), pod(held(deleting))]],
    ['the only pod has failed', [job(once()), pod(held({ phase: 'Failed' }))]],
    ['the chosen pod is open', [job(once('pod-1')), pod(open())]],
    ['the chosen pod was not seen', [job(once('pod-1')), pod(other)]],
    ['the chosen pod is being deleted', [job(once('pod-1')), pod(held(deleting)), pod(other)]],
    ['the chosen pod has gone', [job(once('pod-1')), podGone(held()), pod(other)]],
    [
      'the store went back',
      [job(once()), pod(held()), { ...job(once()), version: '1', restored: true } as Observation],
    ],
  ];
  test.for(none)('nothing: %s', ([, observations]) => {
    expect(verdict(...observations).start).toBeUndefined();
  });

  const wishes: readonly (readonly [string, StartWish['kind'], string, readonly Observation[]])[] = [
    ['the first pod waits', 'choose', 'pod-1', [job(once()), pod(held())]],
    ['of two the older one', 'choose', 'pod-1', [job(once()), pod(other), pod(held())]],
    ['the older one has gone', 'choose', 'pod-2', [job(once()), podGone(held()), pod(other)]],
    [
      'another’s hand has opened one',
      'choose',
      'pod-2',
      [job(once()), pod(held()), pod({ ...other, gated: false, gateAt: undefined as never })],
    ],
    ['it is chosen', 'open', 'pod-1', [job(once('pod-1')), pod(held())]],
    ['it is chosen, and another one waits', 'open', 'pod-1', [job(once('pod-1')), pod(held()), pod(other)]],
  ];
  test.for(wishes)('%s: %s %s', ([, kind, uid, observations]) => {
    expect(verdict(...observations).start).toMatchObject({ kind, pod: { uid } });
  });
});

describe('the end', () => {
  const ends: readonly (readonly [string, object | undefined, readonly Observation[]])[] = [
    [
      'the chosen pod ends; one that waits for ever is nothing',
      { state: 'SUCCEEDED', basis: 'proposed' },
      [job(once('pod-1')), pod(endedPod(exited(0))), pod(other)],
    ],
    [
      'the Job is complete by another pod than the one that stands on it',
      {
        state: 'FAILED',
        outcome: {
          reason: 'SuccessUnconfirmed',
          message: expect.stringContaining('as the only one: somebody'),
        },
      },
      [job(once('pod-9', { conditions: [condition('Complete')] })), pod(endedPod(exited(0))), noMorePods],
    ],
    [
      'the chosen pod runs; another one waits',
      undefined,
      [job(once('pod-1')), pod(runningPod()), pod(other)],
    ],
    [
      'another’s hand has opened the other one, which runs: nothing is told before that is over',
      undefined,
      [job(once('pod-1')), pod(endedPod(exited(0))), pod(runningPod({ uid: 'pod-2' }))],
    ],
    [
      'the chosen pod vanishes, and the Job has made another one',
      { state: 'FAILED', outcome: { reason: 'EndUnconfirmed', mayHaveStarted: true }, basis: 'proposed' },
      [job(once('pod-1')), podGone(runningPod()), pod(other)],
    ],
    [
      'the chosen pod vanishes: the Job may still say why',
      undefined,
      [job(once('pod-1')), podGone(runningPod())],
    ],
    [
      'the chosen pod goes open and without a node: it never started',
      { state: 'FAILED', outcome: { reason: 'PodDeleted', mayHaveStarted: false } },
      [job(once('pod-1')), podGone(open(deleting)), pod(other)],
    ],
    [
      'the chosen pod is stopped, and the Job has made another one',
      { state: 'FAILED', outcome: { reason: 'PodDeleted', exitCode: 143, mayHaveStarted: true } },
      [job(once('pod-1')), podGone(endedPod(exited(143), deleting)), pod(other)],
    ],
    [
      'the chosen pod is not there: it may not have been listed yet',
      { state: 'FAILED', outcome: { reason: 'EndUnconfirmed', mayHaveStarted: true }, basis: 'absence' },
      [job(once('pod-1')), pod(other)],
    ],
    [
      'the chosen pod is not there, as one read has shown',
      { outcome: { reason: 'EndUnconfirmed', mayHaveStarted: true }, basis: 'proposed' },
      [job(once('pod-1')), pod(other), noMorePods],
    ],
    [
      'the Job is over, and none was ever chosen',
      { state: 'TIMED_OUT', outcome: { reason: 'TotalTimeout', mayHaveStarted: false } },
      [
        job(once(undefined, { conditions: [condition('Failed', 'DeadlineExceeded')], failed: 1 })),
        noMorePods,
      ],
    ],
    [
      'the Job is over, and the chosen one was not counted',
      { state: 'FAILED', outcome: { reason: 'EndUnconfirmed', mayHaveStarted: true } },
      [job(once('pod-1', { conditions: [condition('Failed', 'DeadlineExceeded')] })), noMorePods],
    ],
  ];
  test.for(ends)('%s', ([, end, observations]) => {
    const said = verdict(...observations).end;
    if (end === undefined) expect(said).toBeUndefined();
    else expect(said).toMatchObject(end);
  });

  test('a pod is the step’s when it is chosen, not before', () => {
    expect(verdict(job(once()), pod(held())).pod).toBeUndefined();
    expect(verdict(job(once('pod-1')), pod(held()), pod(other)).pod?.uid).toBe('pod-1');
  });

  test('the chosen pod tells the story, also when another one is newer', () => {
    const { pod: told, node } = verdict(job(once('pod-1')), pod(runningPod()), pod(other));
    expect([told?.uid, node]).toEqual(['pod-1', 'node-1']);
  });
});

describe('the gate', () => {
  const gates = [{ name: 'example.com/x' }, { name: startGate }];
  const spec = { schedulingGates: gates };

  test('is found among those of others', () => {
    expect(projectJob({ spec: { template: { spec } } }).startsOnce).toBe(true);
    expect(projectPod({ spec })).toMatchObject({ gated: true, gateAt: 1 });
    expect(projectPod({ spec: { schedulingGates: gates.slice(0, 1) } }).gateAt).toBeUndefined();
  });

  test('goes from that very pod, and no other gate does', () => {
    const { start } = verdict(job(once('pod-1')), pod(held({ gateAt: 1 })));
    expect(openPatch(start as Extract<StartWish, { kind: 'open' }>)).toEqual([
      { op: 'test', path: '/metadata/uid', value: 'pod-1' },
      { op: 'test', path: '/spec/schedulingGates/1/name', value: startGate },
      { op: 'remove', path: '/spec/schedulingGates/1' },
    ]);
  });

  test('is for the first writer, and never behind a stop, an end or a deletion', () => {
    const { start } = verdict(job(once()), pod(held()));
    const tests = choosePatch('job-1', start as Extract<StartWish, { kind: 'choose' }>)
      .filter(({ op }) => op === 'test')
      .map(({ path, value }) => [path.replace(/.*~1/, ''), value]);
    expect(tests).toEqual([
      ['stop', null],
      ['record', null],
      ['/metadata/deletionTimestamp', null],
      ['/metadata/uid', 'job-1'],
      ['chosen-pod', null],
    ]);
  });

  test('is told, with whose it is', () => {
    expect(verdict(job(once()), pod(held())).waiting).toMatchObject({
      reason: 'Gated',
      message: expect.stringContaining('own gate'),
    });
  });
});

describe('a pod behind the recorded end', () => {
  const record = JSON.stringify({
    version: 1,
    end: {
      state: 'SUCCEEDED',
      time: at(8),
      incarnation: 0,
      outcome: {
        reason: 'Completed',
        message: '',
        exitMeaning: '',
        mayHaveStarted: true,
        agentReportJson: '',
      },
    },
    timeline: [],
    image: 'agent:1',
    pod: { namespace: 'glip-acme', name: 'glip-run-step-x', uid: 'pod-1' },
  });
  const over = (more: Partial<JobView> = {}): JobView => {
    const base = aJob(more);
    return { ...base, annotations: { ...base.annotations, [annotation.record]: record } };
  };
  const second = runningPod({ uid: 'pod-2', createTime: at(9) });

  test.for([
    ['it runs', [job(over()), pod(second)], true],
    [
      'it waits behind its gate',
      [job(over({ startsOnce: true })), pod({ ...other, createTime: at(9) })],
      true,
    ],
    [
      'a record of another hand names it',
      [job(over({ startsOnce: true })), pod(held({ createTime: at(9) }))],
      true,
    ],
    ['it is the step’s own', [job(over()), pod(runningPod())], false],
    ['it is over', [job(over()), pod(endedPod(exited(3), { uid: 'pod-2' }))], false],
    ['it is being deleted', [job(over()), pod({ ...second, ...deleting })], false],
    ['the Job is stopped already', [job(over({ deadlineSeconds: 0 })), pod(second)], false],
    ['the Job is decided', [job(over({ conditions: [condition('Complete')] })), pod(second)], false],
    ['the Job is deleted', [job(over({ deleteTime: at(9) })), pod(second)], false],
    ['the Job has gone', [job(over()), pod(second), jobGone], false],
  ] as const)('is stopped at once, or is none: %s', ([, observations, is]) => {
    expect(verdict(...observations).lingering).toEqual(is ? { since: at(9), pod: true } : undefined);
  });
});
