import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rank } from '../../src/step/state.ts';
import type { Step } from '../../src/step/step.ts';
import { type Replayed, replay } from './replay.ts';
import type { RecordedEvent } from './timeline.ts';

const seed = 20_261_123;

/** What must not depend on what was seen when. */
export const end = ({ state, outcome }: Step) => ({
  state,
  category: outcome?.category,
  reason: outcome?.reason,
  exitCode: outcome?.exitCode,
  mayHaveStarted: outcome?.mayHaveStarted,
});

/** What may be said when the pod had vanished before it was shown: less, and nothing that the whole story contradicts. */
function saysLess(step: Step, whole: Step): boolean {
  const { outcome } = step;
  if (outcome === undefined) return step.waiting?.reason === 'Suspended';
  if (step.state !== 'FAILED' || !outcome.mayHaveStarted) return false;
  const known = outcome.exitCode === undefined || outcome.exitCode === (whole.outcome?.exitCode ?? 137);
  const modest = ['EndUnconfirmed', 'SuccessUnconfirmed', 'Killed', 'JobDeleted'].includes(outcome.reason);
  return known && modest && outcome.category !== 'AGENT';
}

const vanished = (events: readonly RecordedEvent[], step: Step): boolean =>
  events.some((e) => e.kind === 'Pod' && e.type === 'DELETED' && e.name.startsWith(`${step.job.name}-`));

function expectTrue(events: readonly RecordedEvent[], got: Replayed, whole: Replayed): void {
  for (const [uid, wanted] of whole.steps) {
    const step = got.steps.get(uid);
    if (step !== undefined && vanished(events, wanted) && saysLess(step, wanted)) continue;
    expect(step && end(step), wanted.key.stepId).toEqual(end(wanted));
  }
  for (const told of got.told.values()) {
    const ranks = told.flatMap(({ event }) => (event.transition ? [rank(event.transition)] : []));
    expect(ranks, 'a history only grows').toEqual([...new Set(ranks)].sort((a, b) => a - b));
  }
}

/** Each Job is shown to be there before anything else of it: pods alone are kept only as long as they last. */
function jobsFirst(events: readonly RecordedEvent[]) {
  const uids = new Set(events.filter((e) => e.kind === 'Job').map((e) => e.object.metadata.uid));
  const head = [...uids].map((uid) => events.find((e) => e.object.metadata.uid === uid)!);
  return { head, rest: events.filter((e) => !head.includes(e)) };
}

/** Registers tests: recorded lives, shown in any order, with gaps, and from any moment on, end as they do as a whole, or less is said. */
export function describeAnyOrder(
  cases: readonly string[],
  read: (name: string) => readonly RecordedEvent[],
): void {
  const names = cases.filter((name) => read(name).length > 0);
  describe('whatever the order in which a recorded life is shown, the end is the same, or less and still true', () => {
    test.each(names)('%s', (name) => {
      const events = read(name);
      const whole = replay(events);
      const { head, rest } = jobsFirst(events);
      const orders = fc.shuffledSubarray(rest, { minLength: rest.length });
      fc.assert(
        fc.property(orders, (shuffled) =>
          expectTrue(events, replay([...head, ...shuffled], { there: events }), whole),
        ),
        { numRuns: 25, seed },
      );
    });
  });

  describe('whatever a watch misses between the first and the last state of an object', () => {
    test.each(names)('%s', (name) => {
      const events = read(name);
      const whole = replay(events);
      const isEdge = (event: RecordedEvent) => {
        const same = events.filter((e) => e.object.metadata.uid === event.object.metadata.uid);
        return event === same[0] || event === same.at(-1);
      };
      const middle = events.filter((e) => !isEdge(e));
      fc.assert(
        fc.property(fc.subarray(middle), (seen) => {
          const shown = events.filter((e) => isEdge(e) || seen.includes(e));
          expectTrue(events, replay(shown), whole);
        }),
        { numRuns: 25, seed },
      );
    });
  });

  describe('an executor that is started at any moment of a recorded life', () => {
    test.each(names)('%s', (name) => {
      const events = read(name);
      const whole = replay(events);
      for (let start = 0; start < events.length; start++) {
        // It begins with a list: the newest state of everything that is there.
        const listed = new Map<string, RecordedEvent>();
        for (const event of events.slice(0, start)) {
          listed.set(event.object.metadata.uid, event);
          if (event.type === 'DELETED') listed.delete(event.object.metadata.uid);
        }
        const shown = [...listed.values(), ...events.slice(start)];
        const jobs = new Set(shown.filter((e) => e.kind === 'Job').map((e) => e.object.metadata.uid));
        const known = { ...whole, steps: new Map([...whole.steps].filter(([uid]) => jobs.has(uid))) };
        expectTrue(events, replay(shown, { there: [...listed.values()] }), known);
      }
    });
  });
}
