import { describe, expect, test } from 'vitest';
import { classify } from '../../../src/job/classify.ts';
import type { JobView, Observation, PodView } from '../../../src/job/observation.ts';
import {
  aJob,
  anEvent,
  aPod,
  at,
  condition,
  deleting,
  endedPod,
  events,
  exited,
  job,
  jobGone,
  noMorePods,
  pod,
  podGone,
  refusal,
  runningPod,
  seen,
  stoppedJob,
} from './build.ts';

const endOf = (...observations: readonly Observation[]) => classify(seen(...observations))?.end;
const podFailed = { conditions: [condition('FailureTarget', 'PodFailurePolicy')] };
const deadline: Partial<JobView> = { conditions: [condition('FailureTarget', 'DeadlineExceeded')] };
const disrupted = (reason: string): Partial<PodView> => ({
  conditions: [condition('DisruptionTarget', reason, 'by somebody ')],
});
const lost = exited(137, { reason: 'ContainerStatusUnknown', startTime: undefined, endTime: undefined });
const success = '{"status":"success"}';
const rejected = aPod({ phase: 'Failed', reason: 'OutOfcpu', message: 'no cpu', conditions: [] });

describe('how a step ended', () => {
  test.each<[string, readonly Observation[], object]>([
    // Success.
    [
      'an exit 0 is a success at once',
      [job(aJob()), pod(runningPod({ agent: exited(0) }))],
      { state: 'SUCCEEDED', time: at(8), outcome: { exitCode: 0, exitMeaning: 'success' } },
    ],
    [
      'an exit 0 before the deletion is one, too',
      [job(aJob()), pod(runningPod({ agent: exited(0) })), pod(endedPod(exited(0), deleting))],
      { state: 'SUCCEEDED' },
    ],
    [
      'an exit 0 of a pod that went unwatched afterwards is one, too',
      [job(aJob()), pod(endedPod(exited(0))), podGone(endedPod(exited(0)))],
      { state: 'SUCCEEDED' },
    ],
    [
      'an exit 0 under a deletion is one if the agent says so',
      [job(aJob(podFailed)), pod(runningPod({ agent: exited(0, { message: success }), ...deleting }))],
      { state: 'SUCCEEDED', outcome: { agentReportJson: success } },
    ],
    [
      'an exit 0 under a cancel is one if the agent says so',
      [job(stoppedJob()), pod(endedPod(exited(0, { message: success }), deleting))],
      { state: 'SUCCEEDED' },
    ],
    [
      'a sidecar that failed does not matter',
      [job(aJob()), pod(endedPod(exited(0), { phase: 'Failed' }))],
      { state: 'SUCCEEDED' },
    ],

    // Cancels and timeouts of ours.
    [
      'a cancel, once the node has reported',
      [job(stoppedJob()), pod(endedPod(exited(143), deleting))],
      { state: 'CANCELLED', outcome: { reason: 'Cancelled', exitCode: 143, signal: 15 } },
    ],
    [
      'a cancel of an agent that exits 0 without a word',
      [job(stoppedJob()), pod(endedPod(exited(0), deleting))],
      { state: 'CANCELLED' },
    ],
    [
      'a cancel that came after the end',
      [job(stoppedJob()), pod(runningPod({ agent: exited(3) })), pod(endedPod(exited(3), deleting))],
      { state: 'FAILED', outcome: { reason: 'ChecksumMismatch' } },
    ],
    [
      'a cancel of a pod that never had a node',
      [job(stoppedJob()), podGone(aPod({ node: '', ...deleting }))],
      { state: 'CANCELLED', outcome: { mayHaveStarted: false } },
    ],
    [
      'a cancel of a pod that waited for its image',
      [
        job(stoppedJob()),
        pod(aPod({ agent: { kind: 'waiting', reason: 'ErrImagePull', message: 'no' } })),
        pod(endedPod(lost, { ...deleting, created: false })),
      ],
      { state: 'CANCELLED', outcome: { mayHaveStarted: false } },
    ],
    [
      'a cancel on a node that is out of service',
      [job(stoppedJob()), pod(runningPod({ phase: 'Failed', ...deleting }))],
      { state: 'CANCELLED', outcome: { mayHaveStarted: true } },
    ],
    [
      'a cancel of a step without a pod',
      [job(stoppedJob({}, { conditions: [condition('Failed', 'DeadlineExceeded')] })), noMorePods],
      { state: 'CANCELLED', time: at(20), outcome: { mayHaveStarted: false } },
    ],
    [
      'a timeout of ours, with its cause',
      [job(stoppedJob({ cause: 'RunTimeout', reason: 'Too long.' })), pod(endedPod(exited(137), deleting))],
      {
        state: 'TIMED_OUT',
        outcome: { category: 'TIMEOUT', reason: 'RunTimeout', message: 'Too long.', retry: 'MORE_RESOURCES' },
      },
    ],
    [
      'a timeout of the start says what it waited for',
      [
        job(stoppedJob({ cause: 'StartTimeout', reason: 'Too long.' })),
        pod(aPod({ agent: { kind: 'waiting', reason: 'ErrImagePull', message: 'no such image' } })),
        podGone(endedPod(lost, { ...deleting, created: false })),
      ],
      {
        state: 'TIMED_OUT',
        outcome: {
          message:
            'Too long. It waited: ImageNotFound: The registry does not have the image agent:1: no such image',
          retry: 'ELSEWHERE',
        },
      },
    ],
    [
      'a timeout says what its stop says that it waited for, whatever is seen later',
      [
        job(
          stoppedJob({
            cause: 'StartTimeout',
            reason: 'Too long.',
            waiting: { reason: 'Gated', message: 'g' },
          }),
        ),
        pod(aPod({ agent: { kind: 'waiting', reason: 'ErrImagePull', message: 'no such image' } })),
        podGone(endedPod(lost, { ...deleting, created: false })),
      ],
      { state: 'TIMED_OUT', outcome: { message: 'Too long. It waited: Gated: g' } },
    ],
    [
      'a step that waited too long for one thing',
      [
        job(
          stoppedJob({
            cause: 'WaitingTooLong',
            reason: 'Given up.',
            waiting: { reason: 'SecretMissing', message: 'no s' },
          }),
        ),
        podGone(endedPod(lost, { ...deleting, created: false })),
      ],
      {
        state: 'FAILED',
        outcome: {
          category: 'PLATFORM',
          reason: 'SecretMissing',
          message: 'no s. Given up.',
          retry: 'NO',
          mayHaveStarted: false,
        },
      },
    ],
    [
      'a step that waited too long for what only a newer executor knows',
      [
        job(
          stoppedJob({
            cause: 'WaitingTooLong',
            reason: 'Given up.',
            waiting: { reason: 'NewReason', message: 'm.' },
          }),
        ),
        podGone(endedPod(lost, { ...deleting, created: false })),
      ],
      {
        state: 'FAILED',
        outcome: { category: 'PLATFORM', reason: 'NewReason', message: 'm. Given up.', retry: 'LATER' },
      },
    ],
    [
      'a step that waited too long, and had started when it was stopped',
      [
        job(
          stoppedJob({
            cause: 'WaitingTooLong',
            reason: 'Given up.',
            waiting: { reason: 'ImageNotFound', message: 'm' },
          }),
        ),
        pod(endedPod(exited(137), deleting)),
      ],
      {
        state: 'FAILED',
        outcome: {
          category: 'IMAGE',
          reason: 'ImageNotFound',
          message: 'm. Given up. Its process had started by then, and was stopped.',
          exitCode: 137,
          mayHaveStarted: true,
        },
      },
    ],
    [
      'a step without a pod that waited too long',
      [
        job(
          stoppedJob(
            {
              cause: 'WaitingTooLong',
              reason: 'Given up.',
              waiting: { reason: 'PodSecurityRefused', message: 'root' },
            },
            { conditions: [condition('Failed', 'DeadlineExceeded')] },
          ),
        ),
        noMorePods,
      ],
      {
        state: 'FAILED',
        outcome: {
          category: 'POLICY',
          reason: 'PodSecurityRefused',
          message: 'root. Given up.',
          mayHaveStarted: false,
        },
      },
    ],
    [
      'a deadline of the Job without a pod says what it waited for',
      [
        job(aJob({ conditions: [condition('Failed', 'DeadlineExceeded')] })),
        events(
          refusal(
            'pods "x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
          ),
        ),
        noMorePods,
      ],
      {
        state: 'TIMED_OUT',
        outcome: {
          reason: 'TotalTimeout',
          message:
            'The step reached its total time of 780 s. It waited: QuotaExceeded: The quota q is used up: pods: 1 asked, 1 of 1 used.',
        },
      },
    ],
    [
      'a timeout of the queue says what the scheduler said',
      [
        job(stoppedJob({ cause: 'QueueTimeout', reason: 'Too long.' })),
        podGone(
          aPod({
            node: '',
            conditions: [condition('PodScheduled', 'Unschedulable', 'no cpu', 'False')],
            ...deleting,
          }),
        ),
      ],
      { outcome: { message: 'Too long. It waited: Unschedulable: no cpu.' } },
    ],
    [
      'a timeout of the start that came after the start, of a pod that had its node',
      [job(stoppedJob({ cause: 'StartTimeout', reason: 'Too long.' })), pod(endedPod(exited(137), deleting))],
      { outcome: { reason: 'StartTimeout', message: 'Too long.', retry: 'ELSEWHERE' } },
    ],
    [
      'a timeout of the start of a pod that had its node, and waited for nothing that was said',
      [
        job(stoppedJob({ cause: 'StartTimeout', reason: 'Too long.' })),
        pod(endedPod(lost, { ...deleting, created: false })),
      ],
      { outcome: { message: 'Too long.', mayHaveStarted: false } },
    ],
    [
      'a timeout without a pod',
      [
        job(
          stoppedJob(
            { cause: 'QueueTimeout', reason: 'Too long.' },
            { conditions: [condition('Failed', 'DeadlineExceeded')] },
          ),
        ),
        noMorePods,
      ],
      { state: 'TIMED_OUT', outcome: { reason: 'QueueTimeout', mayHaveStarted: false } },
    ],

    // Memory.
    [
      'out of memory',
      [job(aJob()), pod(runningPod({ agent: exited(137, { reason: 'OOMKilled' }) }))],
      {
        state: 'FAILED',
        outcome: {
          category: 'RESOURCES',
          reason: 'OOMKilled',
          retry: 'MORE_RESOURCES',
          signal: 9,
          message: 'The agent was killed for memory: it reached its limit.',
        },
      },
    ],
    [
      'out of memory in a child, although the exit code is 0',
      [job(aJob()), pod(runningPod({ agent: exited(0, { reason: 'OOMKilled' }) }))],
      { state: 'FAILED', outcome: { reason: 'OOMKilled', exitCode: 0 } },
    ],

    // Disruptions.
    [
      'preempted',
      [job(aJob()), pod(endedPod(exited(137), { ...deleting, ...disrupted('PreemptionByScheduler') }))],
      { outcome: { category: 'DISRUPTION', reason: 'Preempted', message: 'by somebody', retry: 'SAME' } },
    ],
    [
      'evicted through the API, although the exit code is 0',
      [job(aJob()), pod(endedPod(exited(0), { ...deleting, ...disrupted('EvictionByEvictionAPI') }))],
      { state: 'FAILED', outcome: { reason: 'Drained', exitCode: 0 } },
    ],
    [
      'evicted by the node, although the exit code is 0',
      [
        job(aJob()),
        pod(
          endedPod(exited(0), { phase: 'Failed', reason: 'Evicted', ...disrupted('TerminationByKubelet') }),
        ),
      ],
      { state: 'FAILED', outcome: { category: 'DISRUPTION', reason: 'Evicted' } },
    ],
    [
      'a mark that nobody has named',
      [job(aJob()), pod(endedPod(exited(143), { ...deleting, ...disrupted('SomethingNew') }))],
      { outcome: { category: 'DISRUPTION', reason: 'Disrupted' } },
    ],
    [
      'a failure of its own between the mark and the kill',
      [job(aJob()), pod(runningPod({ agent: exited(3), ...disrupted('EvictionByEvictionAPI') }))],
      { outcome: { reason: 'ChecksumMismatch' } },
    ],
    [
      'a success of its own between the mark and the kill',
      [job(aJob()), pod(runningPod({ agent: exited(0), ...disrupted('EvictionByEvictionAPI') }))],
      { state: 'SUCCEEDED' },
    ],
    [
      'over its disk limit',
      [job(aJob()), pod(endedPod(exited(137), { reason: 'Evicted', message: 'emptyDir full ' }))],
      { outcome: { category: 'RESOURCES', reason: 'Evicted', message: 'emptyDir full' } },
    ],
    [
      'over its disk limit, although the exit code is 0',
      [job(aJob()), pod(endedPod(exited(0), { phase: 'Failed', reason: 'Evicted', message: 'm' }))],
      { state: 'FAILED', outcome: { reason: 'Evicted' } },
    ],
    [
      "the pod's own deadline",
      [job(aJob()), pod(endedPod(exited(137), { reason: 'DeadlineExceeded' }))],
      { state: 'TIMED_OUT', outcome: { reason: 'RunTimeout' } },
    ],
    [
      "the pod's own deadline before the agent's start",
      [
        job(aJob()),
        pod(aPod({ agent: { kind: 'waiting', reason: 'ErrImagePull', message: 'no' } })),
        pod(aPod({ phase: 'Failed', reason: 'DeadlineExceeded' })),
      ],
      {
        state: 'TIMED_OUT',
        outcome: {
          reason: 'StartTimeout',
          mayHaveStarted: false,
          message: expect.stringContaining('ImagePullFailed'),
        },
      },
    ],
    [
      'a node that shuts down',
      [job(aJob()), pod(endedPod(exited(0), { phase: 'Failed', reason: 'Terminated', message: '' }))],
      {
        outcome: {
          category: 'DISRUPTION',
          reason: 'NodeShutdown',
          message: 'The node shuts down.',
          retry: 'SAME',
        },
      },
    ],
    [
      'a spot machine that is taken away, as its controller says in an Event',
      [
        job(aJob()),
        events(anEvent({ reason: 'Evicted', message: 'Evicted pod: Spot Interrupted' })),
        pod(endedPod(exited(143), { ...deleting, ...disrupted('EvictionByEvictionAPI') })),
      ],
      { outcome: { category: 'DISRUPTION', reason: 'SpotReclaimed', retry: 'SAME' } },
    ],
    [
      'a pod that somebody deleted while it waited says for what',
      [
        job(aJob(podFailed)),
        pod(aPod({ agent: { kind: 'waiting', reason: 'ErrImagePull', message: 'not found' } })),
        podGone(endedPod(lost, { ...deleting, created: false })),
      ],
      {
        outcome: {
          reason: 'PodDeleted',
          mayHaveStarted: false,
          message:
            'Somebody deleted the pod; the API server does not tell who. It waited: ImageNotFound: The registry does not have the image agent:1: not found',
        },
      },
    ],

    // Deletions.
    [
      'the total time',
      [job(aJob(deadline)), pod(endedPod(exited(137), deleting))],
      {
        state: 'TIMED_OUT',
        outcome: {
          reason: 'TotalTimeout',
          message: 'The step reached its total time of 780 s.',
          retry: 'MORE_RESOURCES',
        },
      },
    ],
    [
      'the total time of a Job that lost its deadline since',
      [job(aJob({ ...deadline, deadlineSeconds: undefined })), pod(endedPod(exited(137), deleting))],
      { outcome: { message: 'The step reached its total time.' } },
    ],
    [
      'a deadline that somebody set to 0',
      [job(aJob({ ...deadline, deadlineSeconds: 0 })), pod(endedPod(exited(137), deleting))],
      { state: 'FAILED', outcome: { category: 'DISRUPTION', reason: 'JobStopped' } },
    ],
    [
      'the total time without a pod',
      [job(aJob({ conditions: [condition('Failed', 'DeadlineExceeded')] })), noMorePods],
      { state: 'TIMED_OUT', outcome: { reason: 'TotalTimeout', mayHaveStarted: false, retry: 'ELSEWHERE' } },
    ],
    [
      'a deadline set to 0 without a pod',
      [job(aJob({ deadlineSeconds: 0, conditions: [condition('Failed', 'DeadlineExceeded')] })), noMorePods],
      { state: 'FAILED', outcome: { reason: 'JobStopped', mayHaveStarted: false } },
    ],
    [
      'the pod deleted by somebody',
      [job(aJob(podFailed)), pod(endedPod(exited(137), deleting))],
      { outcome: { category: 'DISRUPTION', reason: 'PodDeleted', retry: 'SAME' } },
    ],
    [
      'the Job being deleted by somebody',
      [job(aJob({ deleteTime: at(7) })), pod(endedPod(exited(137), deleting))],
      { outcome: { reason: 'JobDeleted' } },
    ],
    [
      'the Job deleted by somebody',
      [job(aJob()), jobGone, pod(endedPod(exited(137), deleting))],
      { basis: 'gone', outcome: { reason: 'JobDeleted' } },
    ],
    [
      'the Job suspended by somebody',
      [
        job(aJob({ conditions: [condition('Suspended', 'JobSuspended')] })),
        pod(endedPod(exited(0), deleting)),
      ],
      { outcome: { category: 'DISRUPTION', reason: 'JobSuspended' } },
    ],
    [
      'a pod that never had a node, deleted by somebody',
      [job(aJob(podFailed)), podGone(aPod({ node: '', ...deleting }))],
      { time: at(7), outcome: { reason: 'PodDeleted', mayHaveStarted: false } },
    ],

    [
      'a pod that never had a node and was deleted without a grace',
      [job(aJob(podFailed)), podGone(aPod({ node: '' }))],
      { time: at(2), outcome: { reason: 'PodDeleted', mayHaveStarted: false } },
    ],
    [
      'a pod that never had a node, evicted',
      [job(aJob()), podGone(aPod({ node: '', ...deleting, ...disrupted('PreemptionByScheduler') }))],
      { outcome: { reason: 'Preempted', mayHaveStarted: false } },
    ],

    // Never started.
    [
      'a command that is not there',
      [
        job(aJob()),
        pod(endedPod(exited(128, { reason: 'StartError', message: 'no such file', startTime: undefined }))),
      ],
      {
        outcome: {
          category: 'IMAGE',
          reason: 'StartError',
          message: 'no such file',
          mayHaveStarted: false,
          exitMeaning: '',
        },
      },
    ],
    [
      'a node that refuses the pod',
      [job(aJob()), pod(rejected)],
      {
        time: at(1),
        outcome: {
          category: 'PLATFORM',
          reason: 'OutOfcpu',
          message: 'no cpu',
          mayHaveStarted: false,
          retry: 'ELSEWHERE',
        },
      },
    ],
    [
      'a node that refuses a pod, which is deleted then',
      [job(aJob(podFailed)), pod({ ...rejected, ...deleting })],
      { outcome: { reason: 'OutOfcpu', mayHaveStarted: false } },
    ],
    [
      'an init container that fails',
      [
        job(aJob()),
        pod(
          aPod({
            phase: 'Failed',
            failedInit: { name: 'init', exitCode: 5, message: '', endTime: at(4) },
            agent: { kind: 'waiting', reason: 'PodInitializing', message: '' },
          }),
        ),
      ],
      {
        time: at(4),
        outcome: {
          reason: 'InitFailed',
          message: 'Init container init failed with exit code 5.',
          mayHaveStarted: false,
        },
      },
    ],
    [
      'a pod that fails without a word',
      [job(aJob()), pod(aPod({ phase: 'Failed' }))],
      {
        time: at(2),
        outcome: { reason: 'PodFailed', message: 'The agent could not be started.', mayHaveStarted: false },
      },
    ],
    [
      'a pod that fails after it waited',
      [
        job(aJob()),
        pod(aPod({ agent: { kind: 'waiting', reason: 'ErrImagePull', message: 'no' } })),
        pod(aPod({ phase: 'Failed' })),
      ],
      {
        outcome: {
          category: 'IMAGE',
          reason: 'ImagePullFailed',
          message: 'The image agent:1 cannot be pulled: no',
          mayHaveStarted: false,
        },
      },
    ],
    [
      'a pod without a node that the garbage collector fails',
      [job(aJob(podFailed)), pod(aPod({ phase: 'Failed', node: '', ...deleting }))],
      { outcome: { mayHaveStarted: false } },
    ],

    // Exit codes.
    ...(
      [
        [1, 'false', 'NO'],
        [1, 'true', 'SAME'],
        [1, '"no"', 'SAME'],
        [7, 'true', 'SAME'],
        [8, 'true', 'LATER'],
        [8, 'false', 'NO'],
        [2, 'true', 'NO'],
        [6, 'false', 'MORE_RESOURCES'],
      ] as const
    ).map(([code, retriable, retry]): [string, readonly Observation[], object] => [
      `exit code ${code} of an agent that says retriable: ${retriable}`,
      [job(aJob()), pod(runningPod({ agent: exited(code, { message: `{"retriable":${retriable}}` }) }))],
      { state: 'FAILED', outcome: { exitCode: code, retry } },
    ]),
    [
      'a command for another kind of machine, which looks like an agent that ran',
      [job(aJob()), pod(runningPod({ agent: exited(1, { message: 'exec /app/run: exec format error\n' }) }))],
      {
        outcome: {
          category: 'IMAGE',
          reason: 'CommandNotExecutable',
          retry: 'NO',
          exitCode: 1,
          message:
            "The command /app/run is not made for this node's kind of machine: exec /app/run: exec format error",
        },
      },
    ],
    [
      'an agent that only speaks of such a command',
      [
        job(aJob()),
        pod(runningPod({ agent: exited(1, { message: 'child: exec /app/run: exec format error' }) })),
      ],
      { outcome: { category: 'AGENT', reason: 'AgentFailed' } },
    ],
    [
      'the agent’s own words',
      [
        job(aJob()),
        pod(
          runningPod({
            agent: exited(2, {
              message: '{"error_code":"E7","message":"no unit","suggested_action":"fix row 3"}',
            }),
          }),
        ),
      ],
      {
        outcome: {
          category: 'INPUT',
          message: 'Exit code 2: the agent refused its inputs. It says E7: no unit. It suggests: fix row 3.',
        },
      },
    ],
    [
      'a partial result',
      [job(aJob()), pod(runningPod({ agent: exited(0, { message: '{"status":"partial"}' }) }))],
      { state: 'SUCCEEDED', outcome: { message: 'The agent has finished, with a partial result.' } },
    ],
    [
      'exit code 0 beside a report of failure',
      [job(aJob()), pod(runningPod({ agent: exited(0, { message: '{"status":"failed"}' }) }))],
      {
        state: 'SUCCEEDED',
        outcome: {
          message: 'The agent has finished with exit code 0, although its report says that it failed.',
        },
      },
    ],
    [
      'an exit code of GLIP',
      [job(aJob()), pod(runningPod({ agent: exited(2) }))],
      {
        state: 'FAILED',
        outcome: {
          category: 'INPUT',
          reason: 'InputInvalid',
          exitMeaning: 'input_validation_failure',
          retry: 'NO',
          message: 'Exit code 2: the agent refused its inputs.',
          startTime: at(5),
          endTime: at(8),
        },
      },
    ],
    [
      'a signal, when the pod says no more',
      [job(aJob()), pod(endedPod(exited(139)))],
      {
        outcome: {
          category: 'AGENT',
          reason: 'Killed',
          signal: 11,
          message: 'Exit code 139: the agent was ended by SIGSEGV, and nothing says by whom.',
        },
      },
    ],
    [
      'the signal that the node names',
      [job(aJob()), pod(endedPod(exited(255, { signal: 6 })))],
      { outcome: { exitCode: 255, signal: 6 } },
    ],

    // Lost.
    [
      'a container that its node lost while it ran',
      [job(aJob()), pod(runningPod()), pod(endedPod(lost))],
      {
        outcome: {
          category: 'PLATFORM',
          reason: 'ContainerLost',
          mayHaveStarted: true,
          exitMeaning: '',
          startTime: at(5),
        },
      },
    ],
    [
      'a container that its node lost, and that nobody saw run',
      [job(aJob()), pod(endedPod(lost))],
      { outcome: { reason: 'ContainerLost', mayHaveStarted: true } },
    ],
    [
      'a node out of service',
      [
        job(aJob()),
        pod(runningPod({ phase: 'Failed', ...deleting, ...disrupted('DeletionByTaintManager') })),
      ],
      { outcome: { category: 'DISRUPTION', reason: 'NodeLost', mayHaveStarted: true } },
    ],
    [
      'a node out of service that had said nothing of the pod',
      [job(aJob()), pod(aPod({ phase: 'Failed', ...deleting }))],
      { outcome: { reason: 'NodeLost', mayHaveStarted: true } },
    ],

    // From the Job alone.
    [
      'a pod that vanished while it ran',
      [
        job(aJob({ conditions: [condition('Failed', 'BackoffLimitExceeded')], failed: 1 })),
        podGone(runningPod(deleting)),
      ],
      {
        state: 'FAILED',
        time: at(20),
        outcome: { reason: 'EndUnconfirmed', mayHaveStarted: true, startTime: at(5), retry: 'LATER' },
      },
    ],
    [
      'a Node object that was deleted',
      [
        job(aJob({ conditions: [condition('Failed', 'PodFailurePolicy')], failed: 1 })),
        podGone(runningPod({ phase: 'Failed', ...disrupted('DeletionByPodGC') })),
      ],
      { outcome: { reason: 'EndUnconfirmed', message: expect.stringMatching(/^The Node object/) } },
    ],
    [
      'a Job that went with its running pod',
      [job(aJob()), jobGone, podGone(runningPod(deleting))],
      { basis: 'gone', outcome: { reason: 'EndUnconfirmed' } },
    ],
    [
      'a Job that went, and no pod seen',
      [job(aJob()), jobGone, noMorePods],
      { basis: 'gone', outcome: { reason: 'JobDeleted', mayHaveStarted: true } },
    ],
    [
      'an exit code that only the Job remembers',
      [
        job(
          aJob({
            conditions: [
              condition(
                'Failed',
                'PodFailurePolicy',
                'Container agent for pod n/p failed with exit code 3 matching FailJob rule at index 1',
              ),
            ],
            failed: 1,
          }),
        ),
        noMorePods,
      ],
      {
        outcome: {
          reason: 'ChecksumMismatch',
          exitCode: 3,
          exitMeaning: 'checksum_failure',
          mayHaveStarted: true,
        },
      },
    ],
    [
      'an exit code of a signal that only the Job remembers',
      [
        job(
          aJob({
            conditions: [
              condition(
                'Failed',
                'PodFailurePolicy',
                'Container agent for pod n/p failed with exit code 137 matching FailJob rule at index 1',
              ),
            ],
            failed: 1,
          }),
        ),
        noMorePods,
      ],
      {
        outcome: {
          category: 'PLATFORM',
          reason: 'Killed',
          signal: 9,
          message: 'The Job says exit code 137; the pod was gone before it could be read.',
        },
      },
    ],
    [
      'a failure of its own that only the Job remembers, before a cancel',
      [
        job(
          stoppedJob(
            {},
            {
              conditions: [condition('Failed', 'PodFailurePolicy', 'x failed with exit code 3 matching x')],
              failed: 1,
            },
          ),
        ),
        noMorePods,
      ],
      { state: 'FAILED', outcome: { exitCode: 3 } },
    ],
    [
      'a Job that is complete without its pod',
      [job(aJob({ conditions: [condition('Complete')], succeeded: 1 })), noMorePods],
      { state: 'FAILED', time: at(20), outcome: { reason: 'SuccessUnconfirmed', exitCode: 0 } },
    ],
    [
      'a cancel whose pod nobody saw',
      [job(stoppedJob({}, { conditions: [condition('Failed', 'DeadlineExceeded')], failed: 1 })), noMorePods],
      { state: 'FAILED', outcome: { reason: 'EndUnconfirmed' } },
    ],
    [
      'a cancel of a Job that was once suspended: its pods were not counted',
      [
        job(
          stoppedJob(
            {},
            {
              conditions: [
                condition('Suspended', 'JobResumed', '', 'False'),
                condition('Failed', 'DeadlineExceeded'),
              ],
            },
          ),
        ),
        noMorePods,
      ],
      { state: 'FAILED', outcome: { reason: 'EndUnconfirmed' } },
    ],
    [
      'a Job that failed for a reason of its own',
      [job(aJob({ conditions: [condition('Failed', 'Odd', 'odd')] })), noMorePods],
      { outcome: { category: 'PLATFORM', reason: 'Odd', message: 'odd', mayHaveStarted: false } },
    ],
    [
      'a Job that failed for no reason',
      [job(aJob({ conditions: [condition('Failed')] })), noMorePods],
      { outcome: { reason: 'JobFailed' } },
    ],

    // Two pods.
    [
      'a second pod decides',
      [job(aJob()), pod(endedPod(exited(3))), pod(endedPod(exited(0), { uid: 'pod-2', createTime: at(9) }))],
      { state: 'SUCCEEDED' },
    ],
  ])('%s', (_, observations, wanted) => {
    expect(endOf(...observations)).toMatchObject(wanted);
  });
});

describe('nobody can know yet', () => {
  test.each<[string, readonly Observation[]]>([
    ['a step without a pod', [job(aJob())]],
    ['a pod that runs', [job(aJob()), pod(runningPod())]],
    ['a signal, before the phase says who', [job(aJob()), pod(runningPod({ agent: exited(137) }))]],
    [
      'an exit under a deletion, before the phase',
      [job(aJob(podFailed)), pod(runningPod({ agent: exited(1), ...deleting }))],
    ],
    ['a cancel, before the phase', [job(stoppedJob()), pod(runningPod({ agent: exited(1), ...deleting }))]],
    [
      'a cancel of an agent that is out of memory, before the phase',
      [job(stoppedJob()), pod(runningPod({ agent: exited(137, { reason: 'OOMKilled' }), ...deleting }))],
    ],
    [
      'a deletion that the Job has not explained: a condition that does not hold',
      [
        job(aJob({ conditions: [condition('FailureTarget', '', '', 'False'), condition('Other')] })),
        pod(endedPod(exited(137), deleting)),
      ],
    ],
    ['a deletion that the Job has not explained yet', [job(aJob()), pod(endedPod(exited(137), deleting))]],
    [
      'a Job that says Failed while its pod runs (1.30)',
      [
        job(aJob({ conditions: [condition('Failed', 'DeadlineExceeded')], failed: 1 })),
        pod(runningPod(deleting)),
      ],
    ],
    [
      'a pod on a Node object that was deleted',
      [
        job(aJob(podFailed)),
        pod(runningPod({ phase: 'Failed', ...deleting, ...disrupted('DeletionByPodGC') })),
      ],
    ],
    [
      'a pod of which a deleted node said nothing',
      [job(aJob(podFailed)), pod(aPod({ phase: 'Failed', ...disrupted('DeletionByPodGC') }))],
    ],
    [
      'a pod that an old controller calls NodeLost',
      [job(aJob()), pod(aPod({ phase: 'Failed', reason: 'NodeLost', ...disrupted('DeletionByPodGC') }))],
    ],
    ['a pod that vanished, and a Job that says nothing of it', [job(aJob()), podGone(runningPod(deleting))]],
    [
      'an older pod that still runs',
      [job(aJob()), pod(runningPod()), pod(endedPod(exited(0), { uid: 'pod-2', createTime: at(9) }))],
    ],
  ])('%s', (_, observations) => {
    expect(endOf(...observations)).toBeUndefined();
  });

  test('a pod that nobody watched go may have got a node', () => {
    const last = pod(aPod({ node: '' }));
    const gone: Observation = {
      kind: 'pod-gone',
      pod: aPod({ node: '' }),
      version: 'version' in last ? last.version : '',
    };
    const failed = stoppedJob({}, { conditions: [condition('Failed', 'DeadlineExceeded')], failed: 1 });
    expect(endOf(job(failed), last, gone)).toMatchObject({
      state: 'FAILED',
      outcome: { reason: 'EndUnconfirmed' },
    });
  });
});

describe('how sure an end is', () => {
  test.each<[string, readonly Observation[], string]>([
    ['seen, and to be recorded', [job(aJob()), pod(runningPod({ agent: exited(0) }))], 'proposed'],
    ['seen of a Job that is gone', [job(aJob()), jobGone, pod(endedPod(exited(0)))], 'gone'],
    ['resting on pods that were not seen', [job(aJob({ conditions: [condition('Failed')] }))], 'absence'],
    ['resting on pods that were not seen, of a Job that is gone', [job(aJob()), jobGone], 'absence'],
    [
      'resting on pods that a read did not find',
      [job(aJob({ conditions: [condition('Failed')] })), noMorePods],
      'proposed',
    ],
    [
      'resting on pods that a read did not find, of a Job that is gone',
      [job(aJob()), jobGone, noMorePods],
      'gone',
    ],
  ])('%s', (_, observations, basis) => {
    expect(endOf(...observations)?.basis).toBe(basis);
  });
});
