import { describe, expect, test } from 'vitest';
import {
  FailureCategory,
  MomentKind,
  RetryAdvice,
  type Step,
  StepPhase,
  StepState,
} from '../../../gen/glip/executor/v1/step_pb.js';
import { phaseName, stateName } from '../../support/states.ts';
import { expectWholeChain, way } from './chain.ts';
import type { ContractPart } from './context.ts';
import { recordOn } from './objects.ts';

const ordinary = ['QUEUED/PENDING', 'SCHEDULING/PENDING', 'PULLING_IMAGE/PENDING', 'RUNNING/RUNNING'];

/** GLIP's table of exit codes, as an orchestrator meets it. */
const exits: readonly (readonly [
  number,
  string,
  string,
  keyof typeof FailureCategory,
  keyof typeof RetryAdvice,
])[] = [
  [1, 'general_failure', 'AgentFailed', 'AGENT', 'SAME'],
  [2, 'input_validation_failure', 'InputInvalid', 'INPUT', 'NO'],
  [3, 'checksum_failure', 'ChecksumMismatch', 'INPUT', 'SAME'],
  [4, 'permission_failure', 'PermissionDenied', 'POLICY', 'NO'],
  [5, 'timeout', 'AgentTimeout', 'TIMEOUT', 'MORE_RESOURCES'],
  [6, 'resources_exhausted', 'ResourcesExhausted', 'RESOURCES', 'MORE_RESOURCES'],
  [7, 'output_validation_failure', 'OutputInvalid', 'AGENT', 'NO'],
  [8, 'upstream_failure', 'UpstreamFailed', 'AGENT', 'LATER'],
  [42, 'agent_specific', 'AgentFailed', 'AGENT', 'SAME'],
  [125, 'container_infrastructure_error', 'ContainerError', 'PLATFORM', 'ELSEWHERE'],
  [139, 'killed_by_signal', 'Killed', 'AGENT', 'SAME'],
];

/** The ordinary lives of a step: from its submit to its end. */
export const lives: ContractPart = (context) => {
  test('a step that succeeds is told from its submit to its end', async () => {
    const { client, cluster, step, namespace } = context();
    const request = step({ agent: { runMs: 100 } });
    const { step: accepted, created } = await client.submit(request);
    expect(created).toBe(true);
    // A node that is played may have begun before the answer: what matters is that it is the step.
    expect(accepted).toMatchObject({ key: request.key, pool: 'standard', job: { namespace } });

    const watch = client.watch(request.key);
    const end = await watch.final();

    expectWholeChain(watch);
    expect(way(end)).toEqual([...ordinary, 'FINISHED/SUCCEEDED']);
    expect(end).toMatchObject({
      key: request.key,
      job: accepted?.job,
      specHash: accepted?.specHash,
      incarnation: 0,
    });
    const moments = end.moments.map(({ kind }) => MomentKind[kind]);
    expect(moments.filter((m) => !['PULLING', 'PULLED'].includes(m))).toEqual([
      'ACCEPTED',
      'JOB_CREATED',
      'POD_CREATED',
      'SCHEDULED',
      'STARTED',
      'FINISHED',
      'OBSERVED',
    ]);
    expect(
      end.moments.every(({ time, observeTime }) => time !== undefined && observeTime !== undefined),
    ).toBe(true);
    expect(end.moments.find(({ kind }) => kind === MomentKind.SCHEDULED)?.detail).toContain(end.node);
    expect(end.outcome).toMatchObject({
      category: FailureCategory.UNSPECIFIED,
      retry: RetryAdvice.UNSPECIFIED,
      reason: 'Completed',
      exitCode: 0,
      exitMeaning: 'success',
      mayHaveStarted: true,
      agentReportJson: '{"status":"success"}',
    });
    expect(end.node).toMatch(/^node-\d$/);
    expect(end.pod?.uid).toBeTruthy();
    expect(await client.get(request.key)).toEqual(end);
    expect(await recordOn(cluster, end)).toMatchObject({
      end: { state: 'SUCCEEDED', outcome: { exitCode: 0 } },
    });
  });

  describe('an exit code becomes a failure with GLIP’s meaning', () => {
    test.for(exits)('%i: %s', async ([exitCode, exitMeaning, reason, category, retry]) => {
      const { client, cluster, step } = context();
      const request = step({ agent: { exitCode } });
      await client.submit(request);
      const watch = client.watch(request.key);
      const end = await watch.final();
      expectWholeChain(watch);
      expect(way(end)).toEqual([...ordinary, 'FINISHED/FAILED']);
      expect(end.outcome).toMatchObject({
        exitCode,
        exitMeaning,
        reason,
        category: FailureCategory[category],
        retry: RetryAdvice[retry],
        mayHaveStarted: true,
        agentReportJson: '{"status":"failed"}',
      });
      expect(end.outcome?.message).toContain(`Exit code ${exitCode}`);
      expect(await recordOn(cluster, end)).toMatchObject({
        end: { state: 'FAILED', outcome: { exitCode, reason } },
      });
    });
  });

  test('a termination message that is no report is not passed on as one', async () => {
    const { client, step } = context();
    const request = step({ agent: { message: 'Traceback (most recent call last): {"status":' } });
    await client.submit(request);
    const end = await client.watch(request.key).final();
    expect(stateName(end)).toBe('SUCCEEDED');
    expect(end.outcome?.agentReportJson).toBe('');
  });

  test('an agent that fails is taken at its word', async () => {
    const { client, cluster, step } = context();
    const report = {
      status: 'failed',
      error_code: 'BAD_UNIT',
      message: 'no factor for gal',
      retriable: false,
      suggested_action: 'correct row 7',
    };
    const request = step({ agent: { exitCode: 1, message: JSON.stringify(report) } });
    await client.submit(request);
    const end = await client.watch(request.key).final();
    expect(end.outcome).toMatchObject({
      reason: 'AgentFailed',
      category: FailureCategory.AGENT,
      retry: RetryAdvice.NO,
      message:
        'Exit code 1: the agent failed. It says BAD_UNIT: no factor for gal. It suggests: correct row 7.',
      agentReportJson: JSON.stringify(report),
    });
    // What an agent has written beside its report is read from its log, where there is one.
    if (!cluster.runsAgents) expect(end.outcome?.evidence?.logTail ?? []).toEqual([]);
  });

  test('a failure without a report is told with the end of its output, and in a list without', async () => {
    const { client, cluster, step } = context();
    const request = step({ agent: { exitCode: 1, message: 'Traceback:\n  line 7\nValueError' } });
    await client.submit(request);
    const end = await client.watch(request.key).final();
    expect(end.outcome?.evidence?.logTail).toEqual(['Traceback:', '  line 7', 'ValueError']);
    expect(await recordOn(cluster, end)).toMatchObject({
      end: { outcome: { evidence: { logTail: ['Traceback:', '  line 7', 'ValueError'] } } },
    });
    const { tenant, runId } = request.key;
    const { steps } = await client.list({ filter: { tenant, runId } });
    expect(steps.map((s) => [s.outcome?.reason, s.outcome?.evidence])).toEqual([['AgentFailed', undefined]]);
  });

  test('a watch of a step that is over is one snapshot', async () => {
    const { client, other, step } = context();
    const request = step();
    await client.submit(request);
    const end = await client.watch(request.key).final();
    const late = client.watch(request.key);
    expect(await late.final()).toEqual(end);
    expect(late.frames.map(({ frame }) => frame.case)).toEqual(['snapshot']);
    const elsewhere = other.watch(request.key);
    expect(await elsewhere.final()).toMatchObject({ state: end.state, outcome: end.outcome });
  });

  test('a step that fits no node waits and says why, and until when', async () => {
    const { client, step } = context();
    const request = step({ resources: { cpu: '8', memory: '8Gi' } });
    await client.submit(request);
    const watch = client.watch(request.key);
    const waiting = await watch.until('it waits for a node', (s) => s.waiting !== undefined);
    expect(waiting).toMatchObject({
      state: StepState.PENDING,
      pool: 'large',
      waiting: { reason: 'Unschedulable' },
    });
    expect(phaseName(waiting)).toBe('SCHEDULING');
    expect(waiting.waiting?.message).toMatch(/nodes? are available/);
    expect(waiting.waiting?.remedy).not.toBe('');
    expect(waiting.waiting?.giveUpTime).toBeDefined();
    await client.cancel(request.key);
    expect(stateName(await watch.final())).toBe('CANCELLED');
  });

  test('a step whose image cannot be had waits and says why', async () => {
    const { client, step } = context();
    const request = step({ agent: { image: 'missing' } });
    await client.submit(request);
    const watch = client.watch(request.key);
    const troubled = (s: Step) => s.waiting !== undefined && s.waiting.reason !== 'PullingImage';
    const waiting = await watch.until('it waits for its image', troubled);
    expect(waiting.phase).toBe(StepPhase.PULLING_IMAGE);
    // Where registries are real, nobody answers for that of the tests.
    expect(waiting.waiting?.reason).toMatch(/^(ImageNotFound|RegistryUnavailable)$/);
    await client.cancel(request.key);
    const end = await watch.final();
    expect(stateName(end)).toBe('CANCELLED');
    expect(end.outcome).toMatchObject({ mayHaveStarted: false });
  });
};
