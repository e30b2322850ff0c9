import { stripVTControlCharacters } from 'node:util';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import {
  StepKeySchema,
  StepSchema,
  StepState,
  TransitionSchema,
} from '../../../gen/glip/executor/v1/step_pb.js';
import { createLiveText } from '../../../src/cli/live-table.ts';
import { inColour, withoutColour } from '../../../src/cli/paint.ts';
import { length } from '../../../src/cli/paragraph.ts';
import { renderRun } from '../../../src/cli/run-table.ts';
import { createCount, renderTop } from '../../../src/cli/top.ts';

const t0 = Date.parse('2026-11-27T12:00:00Z');
const at = (seconds: number) => timestampFromMs(t0 + seconds * 1_000);
const moved = (seconds: number) => create(TransitionSchema, { time: at(seconds) });
const clock = (time: number): string => new Date(time).toISOString().slice(11, 19);
const plain = { width: 80, paint: withoutColour, clock };
const aStep = (stepId: string, state: StepState, more: MessageInitShape<typeof StepSchema> = {}) =>
  create(StepSchema, {
    key: create(StepKeySchema, { tenant: 'acme', runId: 'run-7', stepId }),
    state,
    timeline: [moved(0)],
    ...more,
  });

const steps = [
  aStep('report', StepState.PENDING, {
    waiting: { reason: 'Unschedulable', since: at(20), remedy: 'Ask for less.' },
  }),
  aStep('clean', StepState.SUCCEEDED, {
    outcome: { reason: 'Completed' },
    timeline: [moved(0), moved(7)],
  }),
  aStep('compute', StepState.RUNNING),
  aStep('a-very-long-name-of-a-step-that-says-all-that-it-does-and-some-more', StepState.FAILED, {
    outcome: { reason: 'OOMKilled' },
    timeline: [moved(3), moved(9)],
  }),
];

describe('the table of a run', () => {
  test('begins with what went wrong, and fits the screen', () => {
    const text = renderRun({ tenant: 'acme', runId: 'run-7' }, steps, plain, t0 + 60_000);
    expect(text).toBe(`acme/run-7: 4 steps, 1 failed, 1 pending, 1 running, 1 succeeded
STEP                                 STATE       AGE   REASON
a-very-long-name-…es-and-some-more   FAILED      6s    OOMKilled
report                               PENDING     60s   Unschedulable
compute                              RUNNING     60s   -
clean                                SUCCEEDED   7s    Completed
`);
    for (const line of text.split('\n')) expect(length(line)).toBeLessThanOrEqual(80);
  });

  test.each([40, 80])('no line is wider than a terminal of %i columns, which would wrap it', (width) => {
    const run = { tenant: 'acme', runId: '3f2b8c1e-1d2c-4b5a-9e8f-0123456789ab' };
    const many = [...steps, aStep('write-the-report', StepState.CANCELLING), aStep('z', StepState.TIMED_OUT)];
    const text = renderRun(run, many, { ...plain, width }, t0 + 330_000);
    for (const line of text.split('\n')) expect(length(line)).toBeLessThanOrEqual(width);
    expect(text.replaceAll('\n', ' ')).toContain('6 steps, 1 failed, 1 timed out, 1 cancelling');
  });

  test('has the same letters in colour as without', () => {
    const run = { tenant: 'acme', runId: 'run-7' };
    const colour = renderRun(run, steps, { ...plain, paint: inColour }, t0 + 60_000);
    expect(colour).toContain(inColour('FAILED', 'bad'));
    expect(stripVTControlCharacters(colour)).toBe(renderRun(run, steps, plain, t0 + 60_000));
  });
});

describe('glip top', () => {
  test('counts by state, and names the oldest that waits for each reason', () => {
    const count = createCount();
    steps.forEach(count.add);
    count.add(
      aStep('older', StepState.PENDING, {
        waiting: { reason: 'Unschedulable', since: at(10), remedy: 'R.' },
      }),
    );
    count.add(aStep('other', StepState.PENDING, { waiting: { reason: 'QuotaExceeded', since: at(5) } }));
    const top = count.top(2);
    expect(top).toEqual({
      steps: 6,
      freshnessSeconds: 2,
      states: [
        { state: 'PENDING', steps: 3 },
        { state: 'RUNNING', steps: 1 },
        { state: 'SUCCEEDED', steps: 1 },
        { state: 'FAILED', steps: 1 },
      ],
      waiting: [
        {
          reason: 'QuotaExceeded',
          steps: 1,
          since: '2026-11-27T12:00:05.000Z',
          oldest: 'acme/run-7/other@0',
          remedy: '',
        },
        {
          reason: 'Unschedulable',
          steps: 2,
          since: '2026-11-27T12:00:10.000Z',
          oldest: 'acme/run-7/older@0',
          remedy: 'R.',
        },
      ],
      tenants: [{ tenant: 'acme', steps: 4 }],
    });
    expect(renderTop(top, plain, t0 + 60_000)).toBe(`6 steps, seen 2s ago

STATE       STEPS
PENDING     3
RUNNING     1
SUCCEEDED   1
FAILED      1

WAITING FOR     STEPS   OLDEST   WHICH
QuotaExceeded   1       55s      acme/run-7/other@0
Unschedulable   2       50s      acme/run-7/older@0

TENANT   NOT OVER
acme     4
`);
  });

  test('of an executor without steps says so', () => {
    expect(renderTop(createCount().top(undefined), plain, t0)).toBe('0 steps\n');
  });
});

describe('a live text', () => {
  const screen = (rows: number | undefined) => {
    const written: string[] = [];
    return { written, live: createLiveText({ rows, write: (text) => void written.push(text) }) };
  };

  test('goes back over exactly the lines that it has shown', () => {
    const { written, live } = screen(10);
    live.show('a\nb\nc\n');
    live.show('d\n');
    live.show('e\n');
    expect(written).toEqual(['\r\u001b[0Ja\nb\nc\n', '\u001b[3A\r\u001b[0Jd\n', '\u001b[1A\r\u001b[0Je\n']);
  });

  test('says how many lines have no room', () => {
    const { written, live } = screen(4);
    live.show('1\n2\n3\n4\n5\n');
    expect(written[0]).toBe('\r\u001b[0J1\n2\n… and 3 more\n');
  });

  test.each([undefined, 0])('takes a height of %s for a usual one', (rows) => {
    const { written, live } = screen(rows);
    live.show('x\n'.repeat(100));
    expect(written[0]?.split('\n')).toHaveLength(24);
  });
});
