import { describe, expect, test } from 'vitest';
import { classify } from '../../../src/job/classify.ts';
import { isEvidence } from '../../../src/job/evidence.ts';
import type { Observation } from '../../../src/job/observation.ts';
import { aJob, anEvent, at, endedPod, events, exited, job, pod, refusal, seen, stoppedJob } from './build.ts';

const outcomeOf = (...observations: readonly Observation[]) =>
  classify(seen(job(aJob()), ...observations))?.end?.outcome;
const failedWith = (message: string) => pod(endedPod(exited(3, { message })));

describe('a failure is told', () => {
  test('with the Events of its Job and its pod that matter, oldest first', () => {
    const told = [
      anEvent({ reason: 'Failed', message: 'Error: b\nc', firstTime: at(5) }),
      refusal('exceeded quota', { firstTime: at(2) }),
      anEvent({ type: 'Normal', reason: 'Killing', message: 'Stopping container agent', firstTime: at(7) }),
      anEvent({ type: 'Normal', reason: 'Pulled', message: 'present', firstTime: at(1) }),
      anEvent({ reason: 'Failed', message: 'of another pod', about: { kind: 'Pod', uid: 'pod-0' } }),
    ];
    expect(outcomeOf(failedWith(''), events(...told))?.evidence).toEqual({
      events: ['FailedCreate: exceeded quota', 'Failed: Error: b c', 'Killing: Stopping container agent'],
      logTail: [],
    });
  });

  test('with the newest that there is room for', () => {
    const many = Array.from({ length: 40 }, (_, n) =>
      anEvent({ reason: `R${n}`, message: 'ü'.repeat(300), firstTime: at(n) }),
    );
    const lines = outcomeOf(failedWith(''), events(...many))?.evidence?.events ?? [];
    expect(lines.length).toBeLessThanOrEqual(16);
    expect(lines.join('').length).toBeGreaterThan(2_000);
    expect(Buffer.byteLength(lines.join(''))).toBeLessThanOrEqual(6 * 1024);
    expect(lines.at(-1)).toMatch(/^R39: /);
  });

  test('with the end of its output, where it left no report', () => {
    const log =
      'Traceback (most recent call last):\n  File "x.py", line 7\n\u001b[31mValueError\u001b[0m: no unit\n';
    expect(outcomeOf(failedWith(log))?.evidence).toEqual({
      events: [],
      logTail: ['Traceback (most recent call last):', '  File "x.py", line 7', 'ValueError: no unit'],
    });
  });

  test('with the end of its log, where its message has the report in its place', () => {
    const tail = (podUid: string): Observation => ({
      kind: 'log-tail',
      jobUid: aJob().uid,
      podUid,
      text: 'one\n\u001b[31mtwo\u001b[0m\n',
    });
    const reported = failedWith('{"status":"failed"}');
    const { uid } = endedPod(exited(3));
    expect(outcomeOf(reported, tail(uid))?.evidence?.logTail).toEqual(['one', 'two']);
    expect(outcomeOf(reported, tail('another'))?.evidence).toBeUndefined();
    expect(outcomeOf(failedWith('three\n'), tail(uid))?.evidence?.logTail).toEqual(['three']);
  });

  test.each<[string, Observation]>([
    ['where there is nothing', failedWith('')],
    ['where it left a report', failedWith('{"status":"failed"}')],
    [
      'of its output, where the message is its node’s',
      pod(
        endedPod(
          exited(128, {
            startTime: undefined,
            reason: 'StartError',
            message: 'exec: "x": no such file or directory',
          }),
        ),
      ),
    ],
  ])('without any %s', (_, observation) => {
    expect(outcomeOf(observation)).not.toHaveProperty('evidence');
  });
});

test('a timeout has evidence, a success and a cancel have none', () => {
  const told = events(anEvent({ message: 'm' }));
  const killed = pod(endedPod(exited(137), { deleteTime: at(37), deleteGraceSeconds: 30 }));
  const ofStop = (cause: 'Cancel' | 'RunTimeout') =>
    classify(seen(job(stoppedJob({ cause })), killed, told))?.end?.outcome;
  expect(ofStop('RunTimeout')?.evidence?.events).toEqual(['Failed: m']);
  expect(ofStop('Cancel')).not.toHaveProperty('evidence');
  expect(outcomeOf(pod(endedPod(exited(0))), told)).not.toHaveProperty('evidence');
});

test.each<[boolean, unknown]>([
  [true, { events: ['a'], logTail: ['b'] }],
  [true, { events: [], logTail: [] }],
  [false, null],
  [false, 'text'],
  [false, { events: ['a'] }],
  [false, { events: [1], logTail: [] }],
  [false, { events: [], logTail: 'b' }],
  [false, { events: Array.from({ length: 17 }, () => 'a'), logTail: [] }],
  [false, { events: ['x'.repeat(9_000)], logTail: [] }],
])('can be told from a record: %s %j', (can, value) => {
  expect(isEvidence(value)).toBe(can);
});
