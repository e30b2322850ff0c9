import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import {
  MomentKind,
  RetryAdvice,
  type Step,
  StepPhase,
  StepState,
} from '../../../gen/glip/executor/v1/step_pb.js';
import { describeStep } from '../../../src/cli/describe.ts';
import { exitCodeOfStatus, exitCodeOfStep, exitCodes, worstExitCode } from '../../../src/cli/exit-code.ts';
import type { FollowEvent } from '../../../src/cli/follow.ts';
import { layProgress } from '../../../src/cli/layout.ts';
import { inColour, withoutColour } from '../../../src/cli/paint.ts';
import { advanceProgress, noProgress } from '../../../src/cli/progress.ts';
import { RpcError, type StatusName } from '../../../src/cli/rpc-error.ts';
import { aStep, at, ended, hostile, noon, queued, running, unsafeOutput } from './steps.ts';

const layout = {
  width: 80,
  paint: withoutColour,
  clock: (time: number) => `12:00:${`${(time - noon) / 1000}`.padStart(2, '0')}`,
};
const seen = (step: Step): FollowEvent => ({ kind: 'step', step });
const lost = (message: string, planned = false): FollowEvent => ({
  kind: 'reconnecting',
  error: new RpcError('UNAVAILABLE', message),
  delayMs: 100,
  planned,
});

function told(...events: FollowEvent[]): string[] {
  let progress = noProgress;
  let text = '';
  for (const event of events) {
    const next = advanceProgress(progress, event);
    progress = next.progress;
    text += next.lines.map((line) => layProgress(line, layout)).join('');
  }
  return text.split('\n').slice(0, -1);
}

test('each transition is told once, however often its history comes', () => {
  const first = aStep({ timeline: [queued] });
  expect(
    told(
      seen(first),
      seen(first),
      seen(aStep()),
      seen(ended(StepState.SUCCEEDED)),
      seen(ended(StepState.SUCCEEDED)),
    ),
  ).toEqual(['12:00:00  QUEUED', '12:00:02  RUNNING', '12:00:05  SUCCEEDED        ran for 3 s']);
});

test.for([
  [2000, 2000, 'ran for less than 1 s'],
  [2000, 65_000, 'ran for 63 s'],
  [2100, 3850, 'ran for 1.8 s'],
] as const)('from %d to %d ms a step %s', ([from, to, want]) => {
  const times = { startTime: timestampFromMs(noon + from), endTime: timestampFromMs(noon + to) };
  expect(told(seen(ended(StepState.SUCCEEDED, times))).at(-1)).toBe(`12:00:05  SUCCEEDED        ${want}`);
});

test('a transition that stands beside a step without timeline is told', () => {
  const { timeline, ...rest } = aStep();
  const event: FollowEvent = { kind: 'step', step: { ...rest, timeline: [] }, transition: timeline[1]! };
  expect(told(event, seen(aStep()))).toEqual(['12:00:02  RUNNING', '12:00:00  QUEUED']);
});

test('a second incarnation is news, the same phase or not', () => {
  const again = at(9, StepPhase.RUNNING, StepState.RUNNING, {
    incarnation: 1,
    reason: 'Replaced',
    message: 'the node was drained',
  });
  expect(told(seen(aStep()), seen(aStep({ timeline: [queued, running, again] })))).toEqual([
    '12:00:00  QUEUED',
    '12:00:02  RUNNING',
    '12:00:09  RUNNING          Replaced: the node was drained',
  ]);
});

test('why a step waits is told when it changes', () => {
  const waiting = (reason: string) =>
    aStep({ timeline: [queued], waiting: { reason, message: '0/3 nodes fit', remedy: 'Add a node.' } });
  expect(
    told(seen(waiting('Unschedulable')), seen(waiting('Unschedulable')), seen(waiting('QuotaExceeded'))),
  ).toEqual([
    '12:00:00  QUEUED',
    '          waiting          Unschedulable: 0/3 nodes fit — Add a node.',
    '          waiting          QuotaExceeded: 0/3 nodes fit — Add a node.',
  ]);
});

test('a disruption that is expected is told when it changes, and when it is withdrawn', () => {
  const expecting = (cause: string, seconds?: number) =>
    aStep({
      timeline: [queued],
      disruptionExpected: {
        cause,
        message: 'It goes.',
        ...(seconds !== undefined && { deadline: { seconds: BigInt(seconds), nanos: 0 } }),
      },
    });
  const calm = aStep({ timeline: [queued] });
  const drain = expecting('NodeDrain', 1_795_435_200);
  expect(
    told(seen(calm), seen(expecting('NodeCordoned')), seen(drain), seen(drain), seen(calm), seen(calm)),
  ).toEqual([
    '12:00:00  QUEUED',
    '          disruption       expected: NodeCordoned: It goes.',
    '          disruption       expected: NodeDrain: It goes. Due',
    '                           2026-11-23T12:00:00Z.',
    '          disruption       no longer expected',
  ]);
});

test('an outage is told once, and its end; a planned end is not', () => {
  const refused = lost('No connection established. Last error: connect ECONNREFUSED 127.0.0.1:1');
  expect(
    told(seen(aStep()), refused, refused, { kind: 'connected' }, lost('bye', true), { kind: 'connected' }),
  ).toEqual([
    '12:00:00  QUEUED',
    '12:00:02  RUNNING',
    '          connection lost  nobody answers there now; trying again',
    '          connected        again',
  ]);
});

test.for([
  [
    'failed',
    ended(StepState.FAILED, {
      reason: 'InputInvalid',
      message: 'the agent refused its inputs',
      exitCode: 2,
      exitMeaning: 'input_validation_failure',
      retry: RetryAdvice.NO,
    }),
    [
      '12:00:05  FAILED           exit 2 (input_validation_failure): InputInvalid: the',
      '                           agent refused its inputs',
      '          advice           the same again will fail',
    ],
  ],
  [
    'killed',
    ended(StepState.FAILED, {
      reason: 'OOMKilled',
      message: '',
      exitCode: 137,
      signal: 9,
      retry: RetryAdvice.MORE_RESOURCES,
    }),
    [
      '12:00:05  FAILED           signal 9: OOMKilled',
      '          advice           try again with more memory, time or disk, as a new',
      '                           attempt',
    ],
  ],
  [
    'timed out',
    ended(StepState.TIMED_OUT, { reason: 'RunTimeout', message: 'longer than 60 s' }),
    ['12:00:05  TIMED_OUT        RunTimeout: longer than 60 s'],
  ],
  [
    'cancelled',
    ended(
      StepState.CANCELLED,
      { reason: 'Cancelled', message: 'Cancelled on request.' },
      { cancellation: { reason: 'wrong input' } },
    ),
    ['12:00:05  CANCELLED        Cancelled: Cancelled on request: wrong input'],
  ],
] as const)('a step that has %s', ([, step, want]) => {
  expect(told(seen(step)).slice(2)).toEqual(want);
});

test('a cancel under way names itself', () => {
  const stopping = at(4, StepPhase.TERMINATING, StepState.CANCELLING, { reason: 'CancelRequested' });
  expect(told(seen(aStep({ timeline: [queued, stopping] })))[1]).toBe(
    '12:00:04  CANCELLING       CancelRequested',
  );
});

test('hostile words do nothing, in progress and description', () => {
  const step = ended(
    StepState.FAILED,
    { reason: hostile, message: hostile, exitCode: 9, exitMeaning: hostile, agentReportJson: hostile },
    {
      key: { tenant: hostile, runId: hostile, stepId: hostile },
      timeline: [at(0, StepPhase.QUEUED, StepState.PENDING, { reason: hostile, message: hostile })],
      waiting: { reason: hostile, message: hostile, remedy: hostile },
      cancellation: { reason: hostile, requestedBy: hostile },
      job: { namespace: hostile, name: hostile },
      labels: { [hostile]: hostile },
      ...Object.fromEntries(['node', 'pool', 'image', 'specHash'].map((name) => [name, hostile])),
    },
  );
  const text = `${told(seen(step), lost(hostile)).join('\n')}\n${describeStep(step, layout)}`;
  expect(text).toContain('\\x1b[31m');
  expect(text).not.toMatch(unsafeOutput);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

test('a description leaves out what is not known', () => {
  expect(describeStep(aStep(), layout)).toBe(
    'Key:    acme/run-7/clean@0\nState:  RUNNING\nPhase:  RUNNING\n\n12:00:00  QUEUED\n12:00:02  RUNNING\n',
  );
});

test('colour changes nothing but colour', () => {
  const line = { label: 'FAILED', tone: 'bad', text: 'x', time: noon } as const;
  const coloured = layProgress(line, { ...layout, paint: inColour });
  expect(coloured).toContain('\u001b[31mFAILED\u001b[0m');
  expect(stripVTControlCharacters(coloured)).toBe(layProgress(line, layout));
});

test('where the time went, and what came after the end', () => {
  const moment = (kind: MomentKind, seconds: number, more: object = {}) => ({
    kind,
    time: timestampFromMs(noon + seconds * 1000),
    ...more,
  });
  const step = ended(
    StepState.FAILED,
    { evidence: { events: ['FailedMount: no such Secret'], logTail: ['last', hostile] } },
    {
      observations: ['The Job says Complete.'],
      moments: [
        moment(MomentKind.ACCEPTED, 0),
        moment(MomentKind.JOB_CREATED, 0),
        moment(MomentKind.STARTED, 2, { incarnation: 1, detail: hostile }),
      ],
    },
  );
  const text = describeStep(step, layout);
  expect(text).not.toMatch(unsafeOutput);
  expect(text).toContain('Event:        FailedMount: no such Secret\nOutput:       last\n');
  expect(text).toContain('Observation:  The Job says Complete.\n');
  expect(text).toMatch(/^MOMENT +TIME +TOOK +DETAIL$/m);
  expect(text).toMatch(/^ACCEPTED +12:00:00$/m);
  expect(text).toMatch(/^JOB_CREATED +12:00:00 +0\.0s$/m);
  expect(text).toMatch(/^STARTED \(1\) +12:00:02 +2\.0s +a/m);
});

describe('exit codes', () => {
  test.for([
    ['succeeded', ended(StepState.SUCCEEDED, { exitCode: 0 }), 0],
    ["failed with the agent's code", ended(StepState.FAILED, { exitCode: 3 }), 3],
    ["failed with the agent's last code", ended(StepState.FAILED, { exitCode: 125 }), 125],
    ['failed by a signal', ended(StepState.FAILED, { exitCode: 137, signal: 9 }), 1],
    ['failed with exit code 0', ended(StepState.FAILED, { exitCode: 0, reason: 'OOMKilled' }), 1],
    ['failed before it started', ended(StepState.FAILED), 1],
    ['timed out, whatever the agent said', ended(StepState.TIMED_OUT, { exitCode: 1 }), 124],
    ['cancelled, whatever the agent said', ended(StepState.CANCELLED, { exitCode: 1 }), 130],
  ] as const)('%s', ([, step, want]) => {
    expect(exitCodeOfStep(step)).toBe(want);
  });

  test('of several steps, the first that is not 0', () => {
    expect(worstExitCode([0, 3, 124])).toBe(3);
    expect(worstExitCode([])).toBe(0);
  });

  test('docs/cli.md lists each of them, with its status', () => {
    const page = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
    const rows = new Map(
      [...page.matchAll(/^\| (\d+)(?: to 125)? \| (.*) \|$/gm)].map(([, code, text]) => [Number(code), text]),
    );
    expect([...rows.keys()].toSorted((a, b) => a - b)).toEqual(
      Object.values(exitCodes).toSorted((a, b) => a - b),
    );
    const documented: StatusName[] = [
      'INVALID_ARGUMENT',
      'ALREADY_EXISTS',
      'FAILED_PRECONDITION',
      'OUT_OF_RANGE',
      'NOT_FOUND',
      'UNAVAILABLE',
      'INTERNAL',
      'UNKNOWN',
      'UNIMPLEMENTED',
      'RESOURCE_EXHAUSTED',
      'DEADLINE_EXCEEDED',
      'PERMISSION_DENIED',
      'UNAUTHENTICATED',
    ];
    for (const status of documented) expect(rows.get(exitCodeOfStatus(status)), status).toContain(status);
  });
});
