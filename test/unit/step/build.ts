import fc from 'fast-check';
import { type StepPhase, type StepState, stepPhases } from '../../../src/step/state.ts';
import type { Outcome, Step } from '../../../src/step/step.ts';
import type { End, Milestone, Verdict } from '../../../src/step/verdict.ts';

export const key = { tenant: 'acme', runId: 'run', stepId: 'step', attempt: 0 };
export const job = { namespace: 'glip-acme', name: 'glip-run-step', uid: 'job-1' };

export const outcome = (reason = 'Completed'): Outcome => ({
  reason,
  message: '',
  exitMeaning: '',
  mayHaveStarted: true,
  agentReportJson: '',
});

export const milestone = (phase: StepPhase, state: StepState, more: Partial<Milestone> = {}): Milestone => ({
  incarnation: 0,
  phase,
  state,
  reason: '',
  message: '',
  time: 1_000 * (stepPhases.indexOf(phase) + 1),
  ...more,
});

export const end = (basis: End['basis'], state: End['state'] = 'SUCCEEDED', incarnation = 0): End => ({
  state,
  outcome: outcome(state),
  time: 9_000,
  incarnation,
  basis,
});

export const queued = milestone('QUEUED', 'PENDING');
export const scheduling = milestone('SCHEDULING', 'PENDING');
export const pulling = milestone('PULLING_IMAGE', 'PENDING');
export const running = milestone('RUNNING', 'RUNNING');
export const cancelling = milestone('TERMINATING', 'CANCELLING');

export const verdict = (
  milestones: readonly Milestone[] = [queued],
  more: Partial<Verdict> = {},
): Verdict => ({
  key,
  job,
  createTime: 1_000,
  pool: 'standard',
  image: 'agent:1',
  specHash: 'hash',
  labels: {},
  marks: [],
  observations: [],
  milestones,
  ...more,
});

/** A step that has got as far as the verdict says. */
export const stepAt = (at: Milestone, more: Partial<Step> = {}): Step => ({
  ...verdict(),
  ...at,
  marks: [],
  timeline: [{ ...at, observeTime: 0 }],
  ...more,
});

const states: Readonly<Record<StepPhase, readonly StepState[]>> = {
  QUEUED: ['PENDING'],
  SCHEDULING: ['PENDING'],
  PULLING_IMAGE: ['PENDING'],
  STARTING: ['PENDING'],
  RUNNING: ['RUNNING'],
  TERMINATING: ['PENDING', 'RUNNING', 'CANCELLING'],
  FINISHED: ['SUCCEEDED', 'FAILED', 'CANCELLED', 'TIMED_OUT'],
};

/** A way such as the cluster's objects show it: in order, some of it missed. */
const anyWay = fc
  .array(
    fc
      .constantFrom<StepPhase>('SCHEDULING', 'PULLING_IMAGE', 'STARTING', 'RUNNING', 'TERMINATING')
      .chain((phase) => fc.constantFrom(...states[phase]).map((state) => ({ phase, state }))),
    { maxLength: 5 },
  )
  .chain((ways) => fc.nat({ max: 2 }).map((incarnation) => ({ ways, incarnation })))
  .map(({ ways, incarnation }) => [
    queued,
    ...[...new Map(ways.map((w) => [w.phase, w])).values()]
      .sort((a, b) => stepPhases.indexOf(a.phase) - stepPhases.indexOf(b.phase))
      .map(({ phase, state }) => milestone(phase, state, { incarnation })),
  ]);

const anyEnd = fc
  .record({
    basis: fc.constantFrom<End['basis']>('recorded', 'gone', 'proposed', 'absence'),
    state: fc.constantFrom<End['state']>('SUCCEEDED', 'FAILED', 'CANCELLED', 'TIMED_OUT'),
    incarnation: fc.nat({ max: 2 }),
  })
  .map((e) => end(e.basis, e.state, e.incarnation));

/** Whatever a verdict may say, also what no sane cluster says. */
export const anyVerdict: fc.Arbitrary<Verdict> = fc
  .record(
    {
      milestones: anyWay,
      end: anyEnd,
      waiting: fc.constantFrom('Unschedulable', 'ImagePullBackOff').map((reason) => ({
        reason,
        message: '',
        since: 1,
        remedy: '',
      })),
      node: fc.constantFrom('node-1', 'node-2'),
    },
    { requiredKeys: ['milestones'] },
  )
  .map(({ milestones, ...more }) => verdict(milestones, more));
