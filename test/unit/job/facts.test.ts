import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type JobFacts, jobUidOf, merge } from '../../../src/job/facts.ts';
import { annotation } from '../../../src/job/metadata.ts';
import type { Observation, PodView } from '../../../src/job/observation.ts';
import { isOlder } from '../../../src/job/version.ts';
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
} from './build.ts';

const podOf = (facts: JobFacts) => facts.pods[0]!;
const waitingPod = (reason: string) => aPod({ agent: { kind: 'waiting', reason, message: 'm' } });
const versioned = (o: Observation, version: string): Observation => ('version' in o ? { ...o, version } : o);

describe('the newest version counts', () => {
  test.each([
    ['9', '10', true],
    ['10', '9', false],
    ['10', '10', false],
    ['', '1', false],
    ['abc', '1', false],
    ['1', 'abc', false],
  ])('%j is older than %j: %s', (version, than, wanted) => {
    expect(isOlder(version, than)).toBe(wanted);
  });

  test('of a Job', () => {
    const facts = seen(versioned(job(aJob({ failed: 1 })), '10'), versioned(job(aJob()), '9'));
    expect(facts.job?.failed).toBe(1);
  });

  test.each([
    ['without', {}],
    ['with others', { [annotation.key]: '["acme","run","other",0]', [annotation.timeouts]: 'x' }],
  ])('of a Job that somebody left %s annotations, but for what it is', (_, annotations) => {
    const stop = { [annotation.stop]: 'later' };
    const facts = seen(
      versioned(job(aJob()), '9'),
      versioned(job(aJob({ annotations: { ...annotations, ...stop } })), '10'),
    );
    expect(facts.job?.annotations).toEqual({ ...aJob().annotations, ...stop });
  });

  test('of a pod', () => {
    const facts = seen(job(aJob()), versioned(pod(runningPod()), '10'), versioned(pod(aPod()), '9'));
    expect(podOf(facts).view.phase).toBe('Running');
  });

  test('of a Job and of a pod, but not behind a restore of the store', () => {
    const restored = (o: Observation, version: string) =>
      ({ ...versioned(o, version), restored: true }) as Observation;
    const before = seen(
      versioned(job(aJob({ failed: 1 })), '20'),
      versioned(pod(runningPod()), '20'),
      versioned(podGone(runningPod(deleting)), '21'),
      { kind: 'job-gone', jobUid: 'job-1' },
    );
    const facts = [
      restored(job(aJob()), '9'),
      restored(pod(aPod()), '9'),
      versioned(job(aJob({ succeeded: 1 })), '10'),
      versioned(pod(aPod({ phase: 'Pending', node: 'n' })), '10'),
    ].reduce((f, o) => merge(f, o, 0)!, before);
    expect(facts).toMatchObject({
      gone: false,
      restored: true,
      version: '10',
      job: { failed: 0, succeeded: 1 },
    });
    expect(podOf(facts)).toMatchObject({ gone: false, sawEnd: false, version: '10', view: { node: 'n' } });
    expect(podOf(facts).deletedIn).toBeUndefined();
    // What its process did is no matter of the store.
    expect(podOf(facts).startTime).toBe(podOf(before).startTime);
  });

  test('of a Job that is told as it was is no restore', () => {
    const same = { ...versioned(job(aJob()), '9'), restored: true } as Observation;
    expect(seen(versioned(job(aJob()), '9'), same)).not.toHaveProperty('restored');
  });

  test('of a Job that is gone, too', () => {
    const facts = seen(job(aJob()), jobGone, job(aJob({ failed: 1 })));
    expect(facts).toMatchObject({ gone: true, job: { failed: 1 } });
  });
});

describe('what is overwritten is kept', () => {
  test('why the agent waited last', () => {
    const facts = seen(
      job(aJob()),
      pod(waitingPod('ErrImagePull')),
      pod(waitingPod('ImagePullBackOff')),
      pod(waitingPod('ContainerCreating')),
    );
    expect(podOf(facts).waited).toMatchObject({ reason: 'ImagePullBackOff', message: 'm' });
  });

  test('why the agent waited last, though it is told late', () => {
    const [early, late] = [pod(waitingPod('ErrImagePull')), pod(waitingPod('ImagePullBackOff'))];
    expect(podOf(seen(job(aJob()), late, early)).waited?.reason).toBe('ImagePullBackOff');
    expect(podOf(seen(job(aJob()), pod(aPod()), late)).waited?.reason).toBe('ImagePullBackOff');
  });

  test('that the process has run', () => {
    const lost = exited(137, { reason: 'ContainerStatusUnknown', startTime: undefined, endTime: undefined });
    const facts = seen(job(aJob()), pod(runningPod()), pod(endedPod(lost)));
    expect(podOf(facts).startTime).toBe(runningPod().agent?.kind === 'running' ? exited(0).startTime : 0);
  });

  test('that a process whose start has no time has run', () => {
    const facts = seen(job(aJob()), pod(runningPod({ agent: { kind: 'running', startTime: undefined } })));
    expect(podOf(facts).startTime).toBe(aPod().createTime);
  });

  test('that the container ended before anybody deleted the pod', () => {
    const [alone, deleted] = [pod(endedPod(exited(0))), pod(endedPod(exited(0), deleting))];
    expect(podOf(seen(job(aJob()), alone, deleted)).endedAlone).toBe(true);
    expect(podOf(seen(job(aJob()), deleted, alone)).endedAlone).toBe(true);
    expect(podOf(seen(job(aJob()), deleted)).endedAlone).toBe(false);
  });
});

test('the first sight of a deletion is kept', () => {
  const [run, early, late] = [
    pod(runningPod()),
    pod(runningPod(deleting)),
    pod(endedPod(exited(0), deleting)),
  ];
  const version = 'version' in early ? early.version : '';
  for (const order of [
    [run, early, late],
    [run, late, early],
    [late, early, run],
  ]) {
    expect(podOf(seen(job(aJob()), ...order)).deletedIn).toBe(version);
  }
  expect(podOf(seen(job(aJob()), run)).deletedIn).toBeUndefined();
});

describe('a pod that is gone', () => {
  test('keeps the state that its deletion told', () => {
    const facts = seen(job(aJob()), pod(runningPod()), podGone(endedPod(exited(3), deleting)));
    expect(podOf(facts)).toMatchObject({ gone: true, sawEnd: true, view: { agent: { exitCode: 3 } } });
  });

  test('that nobody watched go has an end that nobody saw', () => {
    const last = pod(runningPod());
    const gone: Observation = {
      kind: 'pod-gone',
      pod: runningPod(),
      version: 'version' in last ? last.version : '',
    };
    expect(podOf(seen(job(aJob()), last, gone))).toMatchObject({ gone: true, sawEnd: false });
  });

  test('does not come back', () => {
    const facts = seen(job(aJob()), podGone(endedPod(exited(3))), pod(runningPod()));
    expect(podOf(facts)).toMatchObject({ gone: true, view: { agent: { exitCode: 3 } } });
  });

  test('without a Job is forgotten', () => {
    expect([pod(aPod()), podGone(aPod())].reduce<JobFacts | undefined>(merge, undefined)).toBeUndefined();
    const other = aPod({ uid: 'pod-2' });
    expect(seen(pod(aPod()), pod(other), podGone(aPod())).pods.map((p) => p.view.uid)).toEqual(['pod-2']);
  });
});

describe('pods', () => {
  test('come oldest first, whatever the order in which they were seen', () => {
    const [two, ...rest] = [
      pod(aPod({ uid: 'b', createTime: 2 })),
      pod(aPod({ uid: 'c', createTime: 1 })),
      pod(aPod({ uid: 'a', createTime: 2 })),
    ].map((o) => versioned(o, '5'));
    expect(seen(two!, ...rest).pods.map((p) => p.view.uid)).toEqual(['c', 'a', 'b']);
  });

  const over = endedPod(exited(137));
  const mark = condition('DisruptionTarget', 'PreemptionByScheduler');
  test.each<[what: string, older: PodView, newer: PodView]>([
    ['over, while the other one waits', over, aPod()],
    ['over without having run, while the other one runs', aPod({ phase: 'Failed' }), runningPod()],
    ['taken by a disruption, both over', endedPod(exited(137), { conditions: [mark] }), over],
    ['disrupted and never run, the other one over', aPod({ phase: 'Failed', conditions: [mark] }), over],
    ['being deleted, while the other one is not', runningPod(deleting), aPod()],
    ['deleted, both over', endedPod(exited(137), deleting), over],
    ['the first to end, both over', over, endedPod(exited(0, { endTime: at(9) }))],
  ])('of one second: that one is the older which is %s', (_, older, newer) => {
    for (const [a, b] of [
      ['a', 'b'],
      ['b', 'a'],
    ] as const) {
      const sights = [versioned(pod({ ...older, uid: a }), '20'), versioned(pod({ ...newer, uid: b }), '20')];
      for (const order of [sights, sights.toReversed()])
        expect(seen(job(aJob()), ...order).pods.map((p) => p.view.uid)).toEqual([a, b]);
    }
  });

  test('of one second, alike in all else: that one is the older which was seen in an older version', () => {
    const sights = [
      versioned(pod(runningPod({ uid: 'b' })), '9'),
      versioned(pod(runningPod({ uid: 'a' })), '11'),
      versioned(pod(endedPod(exited(1), { uid: 'a' })), '12'),
      versioned(pod(endedPod(exited(1), { uid: 'b' })), '13'),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(sights, { minLength: sights.length }), (order) => {
        expect(seen(job(aJob()), ...order).pods.map((p) => p.view.uid)).toEqual(['b', 'a']);
      }),
    );
  });

  test('of one second change places when the one that seemed newer is the first to be over', () => {
    const both = [pod(runningPod({ uid: 'a' })), pod(runningPod({ uid: 'b' }))];
    const facts = seen(job(aJob()), ...both, versioned(pod(endedPod(exited(1), { uid: 'b' })), '99'));
    expect(facts.pods.map((p) => p.view.uid)).toEqual(['b', 'a']);
  });

  test('may be there before their Job', () => {
    expect(seen(pod(aPod()), job(aJob()))).toMatchObject({ job: { uid: 'job-1' }, pods: [{}] });
  });

  test('that a read did not find may still come', () => {
    expect(seen(job(aJob()), noMorePods).noMorePods).toBe(true);
    expect(seen(job(aJob()), noMorePods, pod(aPod())).noMorePods).toBe(false);
  });
});

test('what is said of a Job that was never seen is nothing', () => {
  for (const observation of [jobGone, noMorePods]) expect(merge(undefined, observation, 0)).toBeUndefined();
});

test('an observation names its Job', () => {
  for (const o of [job(aJob()), pod(aPod()), podGone(aPod()), jobGone, noMorePods])
    expect(jobUidOf(o)).toBe('job-1');
});

test('the same observations in any order, any of them twice, are the same facts', () => {
  const life: readonly Observation[] = [
    versioned(pod(aPod({ node: '' })), '2'),
    versioned(pod(waitingPod('ErrImagePull')), '3'),
    versioned(pod(waitingPod('ImagePullBackOff')), '4'),
    versioned(pod(runningPod()), '5'),
    versioned(pod(endedPod(exited(3), { phase: 'Running' })), '6'),
    versioned(pod(endedPod(exited(3), deleting)), '7'),
    versioned(podGone(endedPod(exited(3), deleting)), '8'),
    versioned(pod(aPod({ uid: 'pod-2', createTime: 99 })), '9'),
    versioned(job(aJob({ failed: 1 })), '10'),
    jobGone,
  ];
  const first = versioned(job(aJob()), '1');
  const wanted = seen(first, ...life);
  const order = fc.tuple(fc.shuffledSubarray([...life], { minLength: life.length }), fc.subarray([...life]));
  fc.assert(
    fc.property(order, ([shuffled, again]) => {
      expect(seen(first, ...shuffled, ...again)).toEqual(wanted);
    }),
    { numRuns: 500 },
  );
});
