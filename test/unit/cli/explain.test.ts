import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import {
  FailureCategory,
  StepKeySchema,
  StepPhase,
  StepSchema,
  StepState,
} from '../../../gen/glip/executor/v1/step_pb.js';
import { explain } from '../../../src/cli/explain/explanation.ts';
import { plainWords } from '../../../src/cli/explain/plain-words.ts';
import { outcomeReasons } from '../../../src/job/outcome-reasons.ts';
import { outcomeRemedies, remedyOf } from '../../../src/job/outcome-remedies.ts';
import { waitingReasons } from '../../../src/job/reasons.ts';

const t0 = Date.parse('2026-11-27T12:00:00Z');
const at = (seconds: number) => timestampFromMs(t0 + seconds * 1_000);
const said = (step: MessageInitShape<typeof StepSchema>) =>
  explain(
    create(StepSchema, {
      key: create(StepKeySchema, { tenant: 'acme', runId: 'run-7', stepId: 'clean' }),
      ...step,
    }),
    t0 + 60_000,
  );

describe('glip explain', () => {
  test('says for how long something holds a step up, and when it will be given up', () => {
    const { what, why, todo } = said({
      state: StepState.PENDING,
      phase: StepPhase.SCHEDULING,
      waiting: {
        reason: 'Unschedulable',
        message: '0/3 nodes are available.',
        since: at(10),
        giveUpTime: at(90),
        remedy: 'Ask for less.',
      },
    });
    expect(what).toEqual([
      'It waits for a machine with room.',
      'No machine has room for it, or is of the kind that it asks for. For 50s: 0/3 nodes are available.',
      'If that goes on, it will be given up in 30s.',
    ]);
    expect([why, todo]).toEqual(['Unschedulable', ['Ask for less.']]);
  });

  test('says who has asked for the end of a step that does not end, and why it does not', () => {
    const { what } = said({
      state: StepState.CANCELLING,
      phase: StepPhase.TERMINATING,
      node: 'node-1',
      cancellation: { requestedBy: 'ann', reason: 'enough' },
      waiting: { reason: 'NodeLost', message: 'node-1 is silent.' },
    });
    expect(what).toEqual([
      'It is being stopped on the machine node-1.',
      'Its machine does not answer any more. node-1 is silent.',
      'ann ("enough") has asked for its end. It is called CANCELLED only when nothing of it runs any more.',
    ]);
  });

  test('tells of a disruption that is to come', () => {
    const { what } = said({
      state: StepState.RUNNING,
      phase: StepPhase.RUNNING,
      disruptionExpected: { cause: 'SpotReclaim', message: 'Its node goes.', deadline: at(180) },
    });
    expect(what).toEqual(['It runs.', 'It is about to lose its machine in 2m (SpotReclaim): Its node goes.']);
  });

  test('says that a process never started, whose business it was, and what the agent has left', () => {
    const { what, why, todo, output, events } = said({
      state: StepState.FAILED,
      phase: StepPhase.FINISHED,
      outcome: {
        reason: 'AgentFailed',
        category: FailureCategory.AGENT,
        message: 'Exit code 1.',
        mayHaveStarted: false,
        remedy: 'Read it.',
        agentReportJson: '{"error_code":"E1","message":"no","suggested_action":"yes","other":1}',
        evidence: { events: ['Failed: x'], logTail: ['last line'] },
      },
      observations: ['Its node came back.'],
    });
    expect(what).toEqual(['Exit code 1.', 'Its process never started: a new attempt repeats nothing.']);
    expect(why).toBe("AgentFailed: the agent's own code");
    expect(todo).toEqual(['Read it.', 'Know, too: Its node came back.']);
    expect(output).toEqual(['error code: E1', 'message: no', 'suggested action: yes', 'last line']);
    expect(events).toEqual(['Failed: x']);
  });

  test('lets no control character of others reach the terminal', () => {
    const evil = 'x\u001b[2Jy\u009b31mz';
    const all = JSON.stringify(
      said({
        state: StepState.FAILED,
        node: evil,
        cancellation: { requestedBy: evil, reason: evil },
        outcome: {
          reason: evil,
          message: evil,
          remedy: evil,
          agentReportJson: JSON.stringify({ message: evil }),
          evidence: { events: [evil], logTail: [evil] },
        },
        observations: [evil],
        timeline: [{ phase: StepPhase.TERMINATING, reason: evil, time: at(1) }],
      }),
    );
    expect(all).not.toMatch(/\\u001b|\\u009b|\u009b/);
  });

  test.each(['{"message":', '[]', 'null', '"text"', '{"message":1}'])(
    'takes the report %s as none',
    (report) => {
      expect(said({ outcome: { agentReportJson: report } }).output).toEqual([]);
    },
  );
});

describe('what would help', () => {
  test('is known for every reason of an end but for those in which nothing is wrong', () => {
    const fine = ['Completed', 'Cancelled'];
    for (const reason of outcomeReasons)
      expect(remedyOf({ reason }) === '', reason).toBe(fine.includes(reason));
    expect(Object.keys(outcomeRemedies).sort()).toEqual([...outcomeReasons].sort());
  });

  test('of a reason that others have worded follows its category', () => {
    expect(remedyOf({ reason: 'OutOfcpu', category: 'PLATFORM' })).toBe(outcomeRemedies.PodFailed);
    expect(remedyOf({ reason: 'toString', category: 'IMAGE' })).toMatch(/image/);
    expect(remedyOf({ reason: 'ImageNotFound' })).toBe(waitingReasons.ImageNotFound.remedy);
  });

  test('plain words are of reasons that there are, and of nothing else', () => {
    const reasons: readonly string[] = [...outcomeReasons, ...Object.keys(waitingReasons)];
    expect(reasons.filter((reason) => plainWords(reason) !== '').length).toBeGreaterThan(40);
    expect(plainWords('toString')).toBe('');
  });
});
