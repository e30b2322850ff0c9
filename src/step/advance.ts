import { isFinal, rank } from './state.ts';
import type { EpochMs, Milestone, Step, Transition, Verdict } from './step.ts';

/** One entry of a step's history: a transition and the step after it, or the step alone when it changed without moving. */
export interface StepEvent {
  readonly transition?: Transition;
  readonly step: Step;
}

/**
 * Moves a step forward to what the verdict says, never back: milestones at or below the step's coordinate are not told again, and a
 * final step absorbs everything. Returns one event per new transition, oldest first; none when nothing changed.
 */
export function advance(before: Step | undefined, verdict: Verdict, now: EpochMs): readonly StepEvent[] {
  if (before !== undefined && isFinal(before.state)) return [];
  const events: StepEvent[] = [];
  let step = before;
  for (const milestone of [...ahead(verdict)]) {
    if (step !== undefined && rank(milestone) <= rank(step)) continue;
    const transition = observed(milestone, verdict, now);
    step = moved(step, verdict, transition);
    events.push({ transition, step });
  }
  if (step === undefined) return events;
  const last = settled(step, verdict);
  if (events.length > 0) {
    const event = events[events.length - 1];
    if (event !== undefined) events[events.length - 1] = { ...event, step: last };
  } else if (!sameSurface(step, last)) {
    events.push({ step: last });
  }
  return events;
}

/** What can be told: an end only once it is recorded, or cannot be recorded any more. */
function* ahead(verdict: Verdict): Generator<Milestone> {
  const { end } = verdict;
  const told = end !== undefined && (end.basis === 'recorded' || end.basis === 'gone');
  yield* told && verdict.recordedTimeline !== undefined
    ? verdict.recordedTimeline.filter((t) => t.phase !== 'FINISHED')
    : verdict.milestones;
  if (!told) return;
  yield {
    incarnation: end.incarnation,
    phase: 'FINISHED',
    state: end.state,
    reason: end.outcome.reason,
    message: end.outcome.message,
    time: end.time,
  };
}

function observed(milestone: Milestone, verdict: Verdict, now: EpochMs): Transition {
  const recorded = verdict.recordedTimeline?.find((t) => rank(t) === rank(milestone));
  return recorded ?? { ...milestone, observeTime: now };
}

function moved(step: Step | undefined, verdict: Verdict, transition: Transition): Step {
  const { incarnation, phase, state } = transition;
  const { waiting: _, ...base }: Step = step ?? {
    key: verdict.key,
    incarnation,
    phase,
    state,
    timeline: [],
    job: verdict.job,
    createTime: verdict.createTime,
    pool: verdict.pool,
    image: verdict.image,
    specHash: verdict.specHash,
    labels: verdict.labels,
  };
  return { ...base, incarnation, phase, state, timeline: [...base.timeline, transition] };
}

/** The step with everything that has no place in the order. */
function settled(step: Step, verdict: Verdict): Step {
  const final = isFinal(step.state);
  const { waiting: _w, cancellation: _c, pod: _p, node: _n, outcome: _o, ...rest } = step;
  const cancellation = verdict.cancellation && {
    ...verdict.cancellation,
    confirmed: step.state === 'CANCELLED',
  };
  const pod = verdict.pod ?? step.pod;
  const node = verdict.node ?? step.node;
  return {
    ...rest,
    image: verdict.image,
    ...(cancellation && { cancellation }),
    ...(pod && { pod }),
    ...(node !== undefined && { node }),
    ...(!final && verdict.waiting && { waiting: verdict.waiting }),
    ...(final && verdict.end && { outcome: verdict.end.outcome }),
    ...(final && verdict.recordedTimeline && { timeline: verdict.recordedTimeline }),
  };
}

function sameSurface(a: Step, b: Step): boolean {
  return (
    a.image === b.image &&
    a.node === b.node &&
    a.pod?.uid === b.pod?.uid &&
    a.waiting?.reason === b.waiting?.reason &&
    a.waiting?.message === b.waiting?.message &&
    a.cancellation?.requestTime === b.cancellation?.requestTime
  );
}
