import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { advance, type StepEvent } from '../../../src/step/advance.ts';
import { createEventLog, type EventLog } from '../../../src/step/event-log.ts';
import { rank, stepPhases } from '../../../src/step/state.ts';
import { anyVerdict, pulling, queued, running, scheduling, stepAt } from './build.ts';

const moved = (at: typeof queued): StepEvent => ({ transition: { ...at, observeTime: 0 }, step: stepAt(at) });
const changed = (at: typeof queued, node: string): StepEvent => ({ step: stepAt(at, { node }) });

function read(log: EventLog, from = 0): readonly StepEvent[] {
  const events: StepEvent[] = [];
  for (let e = log.after(from); e !== undefined; e = log.after(e.sequence)) events.push(e);
  return events;
}

describe('the log of a step', () => {
  test('gives the events back in order', () => {
    const log = createEventLog(moved(queued));
    log.append(moved(scheduling));
    log.append(moved(running));
    expect(read(log).map((e) => e.transition?.phase)).toEqual(['QUEUED', 'SCHEDULING', 'RUNNING']);
    expect(log.current.phase).toBe('RUNNING');
    expect(log.after(log.head)).toBeUndefined();
  });

  test('keeps the newest of the changes behind a transition', () => {
    const log = createEventLog(moved(queued));
    for (const node of ['a', 'b', 'c']) log.append(changed(queued, node));
    log.append(moved(scheduling));
    expect(read(log).map((e) => e.transition?.phase ?? e.step.node)).toEqual(['QUEUED', 'c', 'SCHEDULING']);
  });

  test('a reader that saw a change that was replaced sees the newer one, once', () => {
    const log = createEventLog(moved(queued));
    log.append(changed(queued, 'a'));
    const position = log.head;
    log.append(changed(queued, 'b'));
    expect(read(log, position).map((e) => e.step.node)).toEqual(['b']);
  });

  test('is bounded by what a step can live through', () => {
    fc.assert(
      fc.property(fc.array(anyVerdict, { minLength: 1, maxLength: 200 }), (verdicts) => {
        let log: EventLog | undefined;
        for (const verdict of verdicts) {
          for (const event of advance(log?.current, verdict, 0)) {
            if (log === undefined) log = createEventLog(event);
            else log.append(event);
          }
        }
        const events = log === undefined ? [] : read(log);
        const transitions = events.filter((e) => e.transition !== undefined).length;
        // Each phase once, the states of TERMINATING each once, in each of three incarnations.
        expect(transitions).toBeLessThanOrEqual(3 * (stepPhases.length + 2));
        expect(events.length).toBeLessThanOrEqual(2 * transitions);
      }),
    );
  });

  test('finds the place behind a coordinate', () => {
    const log = createEventLog(moved(queued));
    log.append(moved(pulling));
    log.append(changed(pulling, 'a'));
    log.append(moved(running));
    const behind = (at: typeof queued) => read(log, log.positionOf(rank(at))).map((e) => e.step.phase);
    expect(behind(queued)).toEqual(['PULLING_IMAGE', 'PULLING_IMAGE', 'RUNNING']);
    expect(behind(scheduling)).toEqual(['PULLING_IMAGE', 'PULLING_IMAGE', 'RUNNING']);
    expect(behind(pulling)).toEqual(['RUNNING']);
    expect(behind(running)).toEqual([]);
    expect(log.positionOf(-1)).toBe(0);
  });

  test('wakes each waiting reader once', () => {
    const log = createEventLog(moved(queued));
    const [once, taken] = [vi.fn(), vi.fn()];
    log.onAppend(once);
    log.onAppend(taken)();
    log.append(moved(scheduling));
    log.append(moved(running));
    expect(once).toHaveBeenCalledOnce();
    expect(taken).not.toHaveBeenCalled();
  });
});
