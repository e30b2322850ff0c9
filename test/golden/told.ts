import { expect } from 'vitest';
import { rank } from '../../src/step/state.ts';
import type { Step } from '../../src/step/step.ts';
import { replay, type Told } from './replay.ts';
import type { RecordedEvent } from './timeline.ts';

const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());

/** A step as a reader of the golden file wants it: times as text, no uids. */
function shown({ state, phase, waiting, outcome, node, image, observations }: Step) {
  return {
    state,
    phase,
    image,
    node,
    ...(observations.length > 0 && { observations }),
    waiting: waiting && { reason: waiting.reason, message: waiting.message, since: iso(waiting.since) },
    outcome: outcome && { ...outcome, startTime: iso(outcome.startTime), endTime: iso(outcome.endTime) },
  };
}

/** What changed without a transition. */
function told({ waiting, disruptionExpected, observations, marks }: Step, after: string): string {
  if (waiting) return `waiting ${waiting.reason}`;
  if (disruptionExpected) return `expects ${disruptionExpected.cause}`;
  const mark = after.endsWith(' Event') ? marks.at(-1) : undefined;
  return observations.at(-1) ?? (mark === undefined ? 'changed' : `moment ${mark.kind}`);
}

/** One line per event of the log. */
function line({ after, event }: Told): string {
  const { transition: t, step } = event;
  if (t === undefined) return `${after}: ${told(step, after)}`;
  const why = [t.reason, t.message].filter((s) => s !== '').join(': ');
  return `${after}: ${t.incarnation} ${t.phase} ${t.state} at ${iso(t.time)}${why && ` (${why})`}`;
}

/** What is told of the steps of a recorded case, for a golden file. Each history only grows, and is what its followers heard. */
export function toldOf(events: readonly RecordedEvent[]): readonly object[] {
  const { told: heardOf, steps } = replay(events);
  return [...steps].map(([uid, step]) => {
    const heard = heardOf.get(uid) ?? [];
    const ranks = heard.flatMap(({ event }) => (event.transition ? [rank(event.transition)] : []));
    expect(ranks, 'a history only grows').toEqual([...new Set(ranks)].sort((a, b) => a - b));
    expect(step.timeline.map(rank), 'a follower saw what the timeline says').toEqual(ranks);
    return { step: step.key.stepId, ...shown(step), told: heard.map(line) };
  });
}
