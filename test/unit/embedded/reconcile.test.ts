import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/embedded/job-controller/failure-policy.ts';
import { TRACKING } from '../../../src/embedded/job-controller/job-state.ts';
import type { JobPlan } from '../../../src/embedded/job-controller/plan.ts';
import { reconcile } from '../../../src/embedded/job-controller/reconcile.ts';
import type { Job, JobSpec, JobStatus, Pod, PodStatus } from '../../../src/embedded/objects.ts';

const NOW = Date.parse('2026-01-01T00:01:00Z');
const STARTED = '2026-01-01T00:00:50Z';
const DISRUPTED = { type: 'DisruptionTarget', status: 'True' };

function job(spec: Partial<JobSpec> = {}, status: JobStatus = { startTime: STARTED }, metadata = {}): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: 'j',
      namespace: 'n',
      uid: 'J',
      resourceVersion: '1',
      creationTimestamp: STARTED,
      ...metadata,
    },
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 0,
      podReplacementPolicy: 'Failed',
      podFailurePolicy: {
        rules: [
          { action: 'FailJob', onPodConditions: [DISRUPTED] },
          { action: 'FailJob', onExitCodes: { containerName: 'agent', operator: 'NotIn', values: [0] } },
        ],
      },
      template: { spec: { containers: [] } },
      ...spec,
    },
    status,
  };
}

type PodParts = {
  uid?: string;
  released?: boolean;
  deleted?: boolean;
  exitCode?: number;
  conditions?: PodStatus['conditions'];
};

function pod(
  phase: string,
  { uid = 'P', released = false, deleted = false, exitCode, conditions = [] }: PodParts = {},
): Pod {
  const ended = { exitCode: exitCode ?? 0, startedAt: null, finishedAt: '2026-01-01T00:00:59Z' };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: uid.toLowerCase(),
      namespace: 'n',
      uid,
      resourceVersion: '1',
      creationTimestamp: STARTED,
      ...(released ? {} : { finalizers: [TRACKING] }),
      ...(deleted ? { deletionTimestamp: STARTED } : {}),
    },
    spec: { containers: [] },
    status: {
      phase,
      conditions,
      ...(exitCode === undefined
        ? {}
        : {
            containerStatuses: [
              { name: 'agent', state: { terminated: ended } } as NonNullable<
                PodStatus['containerStatuses']
              >[number],
            ],
          }),
    },
  };
}

const FAILED = { type: 'FailureTarget', status: 'True', reason: 'DeadlineExceeded', message: 'm' };
const MET = { type: 'SuccessCriteriaMet', status: 'True' };

/** A plan as a few words: what the table says. */
function shown(plan: JobPlan): string {
  const { status } = plan;
  const parts = [
    ...(plan.deletePods.length > 0 ? [`delete ${plan.deletePods.map(({ metadata }) => metadata.uid)}`] : []),
    ...(plan.createPods > 0 ? [`create ${plan.createPods}`] : []),
    ...(plan.releasePods.length > 0
      ? [`release ${plan.releasePods.map(({ metadata }) => metadata.uid)}`]
      : []),
    ...(['active', 'ready', 'terminating', 'succeeded', 'failed'] as const).flatMap((key) =>
      (status[key] ?? 0) > 0 ? [`${key}=${status[key]}`] : [],
    ),
    ...Object.entries(status.uncountedTerminatedPods ?? {}).map(([key, uids]) => `uncounted ${key} ${uids}`),
    ...(status.conditions ?? [])
      .filter((c) => c.status === 'True')
      .map(({ type, reason }) => `${type}/${reason ?? ''}`),
    ...plan.events.map(({ reason }) => `event ${reason}`),
  ];
  return parts.join(', ');
}

describe('reconcile', () => {
  const table: [string, Job, Pod[], string][] = [
    ['a new Job gets its pod', job({}, {}), [], 'create 1'],
    ['a running pod is active', job(), [pod('Running')], 'active=1'],
    [
      'a ready pod is ready',
      job(),
      [pod('Running', { conditions: [{ type: 'Ready', status: 'True' }] })],
      'active=1, ready=1',
    ],
    [
      'a success is decided and not yet counted',
      job(),
      [pod('Succeeded')],
      'release P, uncounted succeeded P, SuccessCriteriaMet/CompletionsReached',
    ],
    [
      'a released success is counted, and the Job complete',
      job({}, { startTime: STARTED, conditions: [MET], uncountedTerminatedPods: { succeeded: ['P'] } }),
      [pod('Succeeded', { released: true })],
      'succeeded=1, SuccessCriteriaMet/, Complete/CompletionsReached, event Completed',
    ],
    [
      'an exit code fails the Job',
      job(),
      [pod('Failed', { exitCode: 3 })],
      'release P, uncounted failed P, FailureTarget/PodFailurePolicy',
    ],
    [
      'a disruption fails the Job',
      job(),
      [pod('Failed', { conditions: [DISRUPTED] })],
      'release P, uncounted failed P, FailureTarget/PodFailurePolicy',
    ],
    [
      'a failure that no rule knows exceeds the limit',
      job(),
      [pod('Failed')],
      'release P, uncounted failed P, FailureTarget/BackoffLimitExceeded',
    ],
    [
      'a failure within the limit is replaced',
      job({ backoffLimit: 2 }),
      [pod('Failed')],
      'create 1, release P, uncounted failed P',
    ],
    [
      'an ignored failure counts for nothing',
      job({ podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [DISRUPTED] }] } }),
      [pod('Failed', { conditions: [DISRUPTED] })],
      'create 1, release P',
    ],
    [
      'a deadline kills',
      job({ activeDeadlineSeconds: 10 }),
      [pod('Running')],
      'delete P, release P, terminating=1, uncounted failed P, FailureTarget/DeadlineExceeded',
    ],
    ['before the deadline nothing happens', job({ activeDeadlineSeconds: 11 }), [pod('Running')], 'active=1'],
    [
      'a deadline of 0 leaves no time for a pod',
      job({ activeDeadlineSeconds: 0 }, {}),
      [],
      'FailureTarget/DeadlineExceeded',
    ],
    [
      'a deadline waits for the pod to end',
      job({}, { startTime: STARTED, conditions: [FAILED], failed: 1 }),
      [pod('Running', { deleted: true, released: true })],
      'terminating=1, failed=1, FailureTarget/DeadlineExceeded',
    ],
    [
      'and then the Job has failed',
      job({}, { startTime: STARTED, conditions: [FAILED], failed: 1 }),
      [pod('Failed', { deleted: true, released: true })],
      'failed=1, FailureTarget/DeadlineExceeded, Failed/DeadlineExceeded, event DeadlineExceeded',
    ],
    [
      'a pod being deleted is not replaced before it has ended',
      job(),
      [pod('Running', { deleted: true })],
      'terminating=1',
    ],
    [
      'unless the policy says so',
      job({ podReplacementPolicy: 'TerminatingOrFailed', backoffLimit: 1, podFailurePolicy: { rules: [] } }),
      [pod('Running', { deleted: true })],
      'create 1, release P, terminating=1, uncounted failed P',
    ],
    [
      'suspending deletes the pod and counts nothing',
      job({ suspend: true }),
      [pod('Running')],
      'delete P, release P, terminating=1, Suspended/JobSuspended, event Suspended',
    ],
    [
      'a deadline that is over does not stop a Job from being suspended',
      job({ suspend: true, activeDeadlineSeconds: 0 }),
      [pod('Running')],
      'delete P, release P, terminating=1, Suspended/JobSuspended, event Suspended',
    ],
    [
      'a suspended Job ignores its deadline',
      job(
        { suspend: true, activeDeadlineSeconds: 0 },
        { conditions: [{ type: 'Suspended', status: 'True' }] },
      ),
      [],
      'Suspended/',
    ],
    [
      'resuming starts anew',
      job({ suspend: false }, { conditions: [{ type: 'Suspended', status: 'True' }] }),
      [],
      'create 1, event Resumed',
    ],
    [
      'three of five in parallel',
      job({ parallelism: 3, completions: 5 }),
      [pod('Running', { uid: 'A' })],
      'create 2, active=1',
    ],
    [
      'no more than are still needed',
      job({ parallelism: 3, completions: 5 }, { startTime: STARTED, succeeded: 4 }),
      [],
      'create 1, succeeded=4',
    ],
    [
      'what is too many goes',
      job({ parallelism: 1, completions: 5 }),
      [pod('Running', { uid: 'A' }), pod('Running', { uid: 'B' })],
      'delete B, active=1, terminating=1',
    ],
    [
      'a Job that is being deleted leaves its pods to the garbage collector',
      job({}, { startTime: STARTED }, { deletionTimestamp: STARTED }),
      [pod('Running')],
      'release P, active=1',
    ],
    [
      'a Job that is being deleted makes no pods',
      job({}, { startTime: STARTED }, { deletionTimestamp: STARTED }),
      [],
      '',
    ],
    [
      'a finished Job only lets go',
      job({}, { conditions: [{ type: 'Failed', status: 'True' }], failed: 1 }),
      [pod('Failed')],
      'release P, failed=1, Failed/',
    ],
  ];
  it.each(table)('%s', (_name, given, pods, want) => {
    expect(shown(reconcile(given, pods, NOW, 0))).toBe(want);
  });

  it('sets the start once, and takes it away when suspended', () => {
    expect(reconcile(job({}, {}), [], NOW, 0).status.startTime).toBe('2026-01-01T00:01:00Z');
    expect(reconcile(job(), [], NOW, 0).status.startTime).toBe(STARTED);
    expect(reconcile(job({ suspend: true }), [], NOW, 0).status.startTime).toBeUndefined();
  });

  it('says when time changes the plan', () => {
    expect(reconcile(job({ activeDeadlineSeconds: 30 }), [pod('Running')], NOW, 0).recheckAfter).toBe(20_000);
    expect(reconcile(job(), [pod('Running')], NOW, 0).recheckAfter).toBeUndefined();
    const replaced = reconcile(job({ backoffLimit: 5 }), [pod('Failed', { exitCode: 0 })], NOW, 10_000);
    expect([replaced.createPods, replaced.recheckAfter]).toEqual([0, 9_000]);
    const twice = [pod('Failed', { uid: 'A', exitCode: 0 }), pod('Failed', { uid: 'B', exitCode: 0 })];
    expect(reconcile(job({ backoffLimit: 5 }), twice, NOW, 10_000).recheckAfter).toBe(19_000);
  });

  it('has nothing more to delete or create once it is carried out', () => {
    for (const [name, given, pods] of table) {
      const plan = reconcile(given, pods, NOW, 0);
      const active = (plan.status.active ?? 0) + plan.createPods;
      const status = active > 0 ? { ...plan.status, active } : plan.status;
      const carriedOut = pods.map((known) => {
        const { finalizers: _all, ...released } = known.metadata;
        const metadata = plan.releasePods.includes(known) ? released : known.metadata;
        const deletion = plan.deletePods.includes(known) ? { deletionTimestamp: STARTED } : {};
        return { ...known, metadata: { ...metadata, ...deletion } };
      });
      const created = Array.from({ length: plan.createPods }, (_, index) =>
        pod('Pending', { uid: `new-${index}` }),
      );
      const again = reconcile({ ...given, status }, [...carriedOut, ...created], NOW, 0);
      expect([again.deletePods, again.createPods], name).toEqual([[], 0]);
    }
  });
});

describe('the failure policy', () => {
  const message = (rules: NonNullable<JobSpec['podFailurePolicy']>['rules'], failed: Pod) => {
    const verdict = judge(job({ podFailurePolicy: { rules } }), failed);
    return verdict.action === 'FailJob' ? verdict.message : verdict.action;
  };
  const failed = pod('Failed', { exitCode: 42, conditions: [DISRUPTED] });
  const codes = (operator: string, values: number[], action = 'FailJob', containerName?: string) => ({
    action,
    onExitCodes: { operator, values, ...(containerName === undefined ? {} : { containerName }) },
  });

  it.each([
    [
      'the code is in the list',
      [codes('In', [1, 42])],
      'Container agent for pod n/p failed with exit code 42 matching FailJob rule at index 0',
    ],
    ['it is not', [codes('In', [1])], 'Count'],
    [
      'it is not in the list of exceptions',
      [codes('NotIn', [0])],
      'Container agent for pod n/p failed with exit code 42 matching FailJob rule at index 0',
    ],
    ['it is an exception', [codes('NotIn', [42])], 'Count'],
    ['another container', [codes('In', [42], 'FailJob', 'other')], 'Count'],
    [
      'a condition',
      [codes('In', [1]), { action: 'FailJob', onPodConditions: [DISRUPTED] }],
      'Pod n/p has condition DisruptionTarget matching FailJob rule at index 1',
    ],
    ['the first rule wins', [codes('In', [42], 'Ignore'), codes('In', [42])], 'Ignore'],
    ['counting ends the search', [codes('In', [42], 'Count'), codes('In', [42])], 'Count'],
    ['no rule', [], 'Count'],
  ])('%s', (_name, rules, want) => {
    expect(message(rules, failed)).toBe(want);
  });

  it('does not look at an exit 0', () => {
    expect(message([codes('NotIn', [3])], pod('Failed', { exitCode: 0 }))).toBe('Count');
  });
});
