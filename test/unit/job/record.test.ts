import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { annotation } from '../../../src/job/metadata.ts';
import { readRecord, recordOf, recordPatch, type StepRecord } from '../../../src/job/record.ts';
import { readReport } from '../../../src/job/report.ts';
import { firstWriter, readStop, type Stop, stopPatch } from '../../../src/job/stop.ts';
import { nextDeadline, readTimeouts } from '../../../src/job/timeouts.ts';
import { advance } from '../../../src/step/advance.ts';
import {
  cancelling,
  end,
  milestone,
  pulling,
  queued,
  running,
  scheduling,
  stepAt,
  verdict,
} from '../step/build.ts';

const textOf = (patch: ReturnType<typeof recordPatch>) => patch.find((o) => o.op === 'add')?.value as string;
const pod = { namespace: 'n', name: 'p', uid: 'u' };
const record: StepRecord = recordOf(
  stepAt(running, { pod, node: 'node-1' }),
  verdict([running]),
  end('proposed', 'FAILED'),
  42,
);
const changed = (change: object) => JSON.stringify({ version: 1, ...record, ...change });
const outcome = (change: object) =>
  changed({ end: { ...record.end, outcome: { ...record.end.outcome, ...change } } });

describe('the record of an end', () => {
  test('is the timeline with the end behind it', () => {
    expect(record.timeline.map((t) => [t.phase, t.observeTime])).toEqual([
      ['RUNNING', 0],
      ['FINISHED', 42],
    ]);
    expect(record).toMatchObject({
      image: 'agent:1',
      pod,
      node: 'node-1',
      end: { state: 'FAILED', incarnation: 0 },
    });
    expect(recordOf(stepAt(running), verdict([running]), end('proposed'), 42)).not.toHaveProperty('pod');
    expect(recordOf(stepAt(running), verdict([running]), end('proposed'), 42)).not.toHaveProperty('node');
  });

  test('has what came too late to be told, in its place', () => {
    const told = [queued, cancelling].map((t) => ({ ...t, observeTime: 1 }));
    const seen = verdict([queued, scheduling, running, cancelling]);
    const { timeline } = recordOf(
      stepAt(cancelling, { timeline: told }),
      seen,
      end('proposed', 'CANCELLED'),
      42,
    );
    expect(timeline.map((t) => [t.phase, t.observeTime])).toEqual([
      ['QUEUED', 1],
      ['SCHEDULING', 42],
      ['RUNNING', 42],
      ['TERMINATING', 1],
      ['FINISHED', 42],
    ]);
  });

  test('is read as it was written', () => {
    expect(readRecord(textOf(recordPatch('u', record)))).toEqual({ version: 1, ...record });
  });

  test('is written once, on that Job only', () => {
    const pathOf = (key: string) => `/metadata/annotations/${key.replace('/', '~1')}`;
    const path = pathOf(annotation.record);
    expect(recordPatch('uid', record, { lives: 'those before' })).toEqual([
      { op: 'test', path: pathOf(annotation.history), value: 'those before' },
      { op: 'test', path: '/metadata/uid', value: 'uid' },
      { op: 'test', path, value: null },
      { op: 'add', path, value: JSON.stringify({ version: 1, ...record }) },
    ]);
  });

  test('tells a new registry exactly what the old one told', () => {
    const verdict_ = verdict([queued], {
      end: { ...record.end, basis: 'recorded' },
      recordedTimeline: record.timeline,
    });
    const told = advance(undefined, verdict_, 99).map((e) => e.transition);
    expect(told).toEqual(record.timeline);
  });

  test.each<[string, string | undefined]>([
    ['nothing', undefined],
    ['no JSON', '{'],
    ['null', 'null'],
    ['another version', changed({ version: 2 })],
    ['no timeline', changed({ timeline: {} })],
    ['no image', changed({ image: 7 })],
    ['no end', changed({ end: undefined })],
    ['no state', changed({ end: { ...record.end, state: 'DONE' } })],
    ['a state that is no end', changed({ end: { ...record.end, state: 'RUNNING' } })],
    ['no time', changed({ end: { ...record.end, time: 'now' } })],
    ['no incarnation', changed({ end: { ...record.end, incarnation: null } })],
    ['no outcome', changed({ end: { ...record.end, outcome: undefined } })],
    ['no reason', outcome({ reason: 1 })],
    ['no message', outcome({ message: null })],
    ['no meaning', outcome({ exitMeaning: null })],
    ['no word on the start', outcome({ mayHaveStarted: 'yes' })],
    ['no report', outcome({ agentReportJson: {} })],
    ['a category that nobody knows', outcome({ category: 'BAD_LUCK' })],
    ['an advice that nobody knows', outcome({ retry: 'PRAY' })],
    ['a transition that is null', changed({ timeline: [null] })],
    ['a transition that is text', changed({ timeline: ['x'] })],
    ['a transition of no phase', changed({ timeline: [{ ...record.timeline[0], phase: 'x' }] })],
    ['a transition of no state', changed({ timeline: [{ ...record.timeline[0], state: 'x' }] })],
    ['a transition of no time', changed({ timeline: [{ ...record.timeline[0], observeTime: null }] })],
    ['a transition of no reason', changed({ timeline: [{ ...record.timeline[0], reason: 1 }] })],
    ['a transition of no message', changed({ timeline: [{ ...record.timeline[0], message: 1 }] })],
  ])('is none: %s', (_, text) => {
    expect(readRecord(text)).toBeUndefined();
  });

  test('may hold all that an outcome can say', () => {
    for (const category of [
      'AGENT',
      'INPUT',
      'PLATFORM',
      'DISRUPTION',
      'RESOURCES',
      'IMAGE',
      'POLICY',
      'TIMEOUT',
    ]) {
      for (const retry of ['NO', 'SAME', 'LATER', 'ELSEWHERE', 'MORE_RESOURCES']) {
        expect(readRecord(outcome({ category, retry }))).toBeDefined();
      }
    }
  });
});

describe('a stop', () => {
  const stop: Stop = { cause: 'Cancel', reason: 'enough', requestedBy: 'me', time: 5 };

  test('is read as it was written', () => {
    fc.assert(
      fc.property(
        fc.record({
          cause: fc.constantFrom<Stop['cause']>('Cancel', 'QueueTimeout', 'StartTimeout', 'RunTimeout'),
          waiting: fc.record({ reason: fc.stringMatching(/^[A-Z][A-Za-z]{0,62}$/), message: fc.string() }),
          reason: fc.string({ unit: 'binary' }),
          requestedBy: fc.string(),
          time: fc.nat(),
        }),
        (s) => void expect(readStop(textOf(stopPatch({ uid: 'u' }, s)))).toEqual(s),
      ),
    );
  });

  test('is one patch: the cause, the deadline, and a resumption without which the deadline is not looked at', () => {
    const [uid, free, write, ...rest] = stopPatch({ uid: 'u' }, stop);
    expect([uid?.op, free?.op, write?.op]).toEqual(['test', 'test', 'add']);
    expect(rest).toEqual([
      { op: 'add', path: '/spec/activeDeadlineSeconds', value: 0 },
      { op: 'add', path: '/spec/suspend', value: false },
    ]);
  });

  test.each([
    undefined,
    '',
    'null',
    '1',
    '{}',
    JSON.stringify({ ...stop, cause: 'Boredom' }),
    JSON.stringify({ ...stop, reason: 1 }),
    JSON.stringify({ ...stop, requestedBy: 1 }),
    JSON.stringify({ ...stop, time: 'now' }),
    JSON.stringify({ ...stop, cause: 'WaitingTooLong' }),
    JSON.stringify({ ...stop, cause: 'WaitingTooLong', waiting: { reason: 'no reason', message: 'm' } }),
  ])('is none: %s', (text) => {
    expect(readStop(text)).toBeUndefined();
  });

  test.each([
    null,
    'x',
    {},
    { reason: 'Gated' },
    { reason: 'not one', message: 'm' },
    { reason: 7, message: 'm' },
  ])('without a wait that can be read is a stop all the same: %j', (waiting) => {
    const timeout = { ...stop, cause: 'StartTimeout' };
    expect(readStop(JSON.stringify({ ...timeout, waiting }))).toEqual(timeout);
  });

  test('escapes the key in its pointer', () => {
    expect(firstWriter('u', 'a~b/c', '')[1]?.path).toBe('/metadata/annotations/a~0b~1c');
  });
});

describe("the agent's report", () => {
  test.each([
    ['{"status":"success"}', 'success'],
    ['{"status":"partial"}', 'partial'],
    ['{"status":"failed","x":1}', 'failed'],
    ['{"status":"SUCCESS"}', undefined],
    ['{"status":["success"]}', undefined],
    ['{}', undefined],
  ])('%s says %s', (message, status) => {
    expect(readReport(` ${message}\n`)).toEqual({ json: message, status, retriable: undefined, words: '' });
  });

  test.each([
    ['a line of the log', 'Traceback: {"status":"success"}'],
    ['nothing', ''],
    ['a list', '["success"]'],
    ['JSON that is cut off', '{"status":"success"'],
    ['more than Kubernetes keeps', `{"x":"${'x'.repeat(4_096)}"}`],
  ])('%s is none', (_, message) => {
    expect(readReport(message)).toEqual({ json: '', status: undefined, retriable: undefined, words: '' });
  });
});

describe("the agent's own words", () => {
  const error = {
    error_code: 'BAD_UNIT',
    message: 'no factor for "gal"',
    retriable: false,
    suggested_action: 'correct row 7',
  };
  const said = 'It says BAD_UNIT: no factor for "gal". It suggests: correct row 7.';

  test.each<[string, object, string, boolean | undefined]>([
    ['of a short report', { status: 'failed', ...error }, said, false],
    ['of result.json', { status: 'partial', error: { ...error, retriable: true } }, said, true],
    ['without a code', { message: 'gone!' }, 'It says gone!', undefined],
    ['without words', { status: 'failed', retriable: true }, '', true],
    ['of a success', { status: 'success', message: 'all is well' }, '', undefined],
    [
      'that are none',
      { error_code: 7, message: ['x'], suggested_action: {}, retriable: 'no', error: null },
      '',
      undefined,
    ],
    ['that would move a cursor', { message: 'a\u001b[2Jb\nc' }, 'It says ab c.', undefined],
  ])('%s', (_, report, words, retriable) => {
    expect(readReport(JSON.stringify(report))).toMatchObject({ words, retriable });
  });

  test('are bounded', () => {
    const report = {
      error_code: 'C'.repeat(900),
      message: 'm'.repeat(1_000),
      suggested_action: 's'.repeat(1_000),
    };
    expect(readReport(JSON.stringify(report)).words.length).toBeLessThan(850);
  });
});

describe('timeouts', () => {
  const timeouts = { queue: 60, start: 120, run: 600, total: 780 };
  const starting = milestone('STARTING', 'PENDING');
  const spare = 1_000;

  test('are read as they were written', () => {
    expect(readTimeouts(JSON.stringify(timeouts))).toEqual(timeouts);
  });

  test.each([
    undefined,
    '',
    'null',
    '[]',
    '{}',
    '{"queue":60,"start":120,"run":600}',
    '{"queue":0,"start":1,"run":1,"total":1}',
    '{"queue":1.5,"start":1,"run":1,"total":1}',
    '{"queue":"1","start":1,"run":1,"total":1}',
  ])('are none: %s', (text) => {
    expect(readTimeouts(text)).toBeUndefined();
  });

  test.each([
    ['queued', [queued], 'QueueTimeout', queued.time + 60_000 + spare],
    [
      'scheduling: still since it was queued',
      [queued, scheduling],
      'QueueTimeout',
      queued.time + 60_000 + spare,
    ],
    ['pulling', [queued, scheduling, pulling], 'StartTimeout', pulling.time + 120_000 + spare],
    [
      'starting: still since it has a node',
      [queued, pulling, starting],
      'StartTimeout',
      pulling.time + 120_000 + spare,
    ],
    ['starting, the pull not seen', [queued, starting], 'StartTimeout', starting.time + 120_000 + spare],
    ['running', [queued, running], 'RunTimeout', running.time + 600_000 + spare],
  ] as const)('%s', (_, path, cause, time) => {
    expect(nextDeadline(path, timeouts)).toMatchObject({ cause, time });
  });

  test.each([
    ['being stopped', [queued, milestone('TERMINATING', 'CANCELLING')]],
    ['stopped before it ran', [queued, milestone('QUEUED', 'CANCELLING')]],
    ['terminating', [queued, milestone('TERMINATING', 'RUNNING')]],
    ['finished', [milestone('FINISHED', 'FAILED')]],
    ['nowhere', []],
  ] as const)('none while %s', (_, path) => {
    expect(nextDeadline(path, timeouts)).toBeUndefined();
  });
});
