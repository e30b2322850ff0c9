import { forecastOf, sameForecast } from './forecast.ts';
import { isFinal, rank } from './state.ts';
import type { Cancellation, EpochMs, Mark, Step, Transition, Waiting } from './step.ts';
import { sameTime } from './time.ts';
import type { Milestone, SeenMark, Verdict } from './verdict.ts';

/** One entry of a step's history: a transition and the step after it, or the step alone when it changed without moving. */
export interface StepEvent {
  readonly transition?: Transition;
  readonly step: Step;
}

/**
 * Moves a step forward to what the verdict says, never back: milestones at or below the step's coordinate are not told again, and a
 * final step absorbs everything but what is observed beside it. Returns one event per new transition, oldest first; none when nothing
 * changed.
 */
export function advance(before: Step | undefined, verdict: Verdict, now: EpochMs): readonly StepEvent[] {
  if (before !== undefined && isFinal(before.state)) return afterwards(before, verdict);
  const events: StepEvent[] = [];
  let step = before;
  for (const milestone of [...ahead(verdict)]) {
    const transition = inLife(observed(milestone, verdict, now), step);
    if (step !== undefined && rank(transition) <= rank(step)) continue;
    step = moved(step, verdict, transition);
    events.push({ transition, step });
  }
  if (step === undefined) return events;
  const last = settled(step, verdict, now);
  if (events.length > 0) {
    const event = events[events.length - 1];
    if (event !== undefined) events[events.length - 1] = { ...event, step: last };
  } else if (!sameSurface(step, last)) {
    events.push({ step: last });
  }
  return events;
}

/**
 * An end belongs to the life that was told last. That of an earlier one is of a Job whose lives were taken from it by hand: it is the end
 * all the same, and nobody would ever hear of it there.
 */
function inLife(transition: Transition, step: Step | undefined): Transition {
  if (step === undefined || transition.incarnation >= step.incarnation || !isFinal(transition.state))
    return transition;
  return { ...transition, incarnation: step.incarnation };
}

/** What can be told: an end only once it is recorded, or cannot be recorded any more. */
function* ahead(verdict: Verdict): Generator<Milestone> {
  const { end } = verdict;
  const told = end !== undefined && ['recorded', 'gone', 'unrecorded'].includes(end.basis);
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

/** A final step with the observations that are new. */
function afterwards(before: Step, { observations }: Verdict): readonly StepEvent[] {
  const more = observations.filter((o) => !before.observations.includes(o));
  if (more.length === 0) return [];
  const all = [...before.observations, ...more];
  return [{ step: { ...before, observations: all.slice(-mostObservations) } }];
}

const mostObservations = 16;

function observed(milestone: Milestone, verdict: Verdict, now: EpochMs): Transition {
  const recorded = verdict.recordedTimeline?.find((t) => rank(t) === rank(milestone));
  return recorded ?? { ...milestone, observeTime: milestone.observeTime ?? now };
}

function moved(step: Step | undefined, verdict: Verdict, transition: Transition): Step {
  const { incarnation, phase, state } = transition;
  const {
    waiting: _,
    disruptionExpected: forecast,
    ...base
  }: Step = step ?? {
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
    marks: [],
    observations: [],
  };
  // concat, as a spread leaves room for 16 more, for the life of each step.
  // What was announced to one life is no business of the next.
  const kept = forecast && incarnation === base.incarnation ? { disruptionExpected: forecast } : {};
  return { ...base, ...kept, incarnation, phase, state, timeline: bounded(base.timeline.concat(transition)) };
}

/** A step that is replaced again and again keeps its first life and its last ones. */
const bounded = (timeline: readonly Transition[]): readonly Transition[] =>
  timeline.length <= mostTransitions ? timeline : [...timeline.slice(0, 8), ...timeline.slice(9)];
const mostTransitions = 64;

/** The step with everything that has no place in the order. */
function settled(step: Step, verdict: Verdict, now: EpochMs): Step {
  const final = isFinal(step.state);
  // A record of an earlier life lacks what was told since.
  const record =
    final && verdict.end?.incarnation === step.incarnation ? verdict.recordedTimeline : undefined;
  const { waiting: _w, cancellation: _c, pod: _p, node: _n, outcome: _o, disruptionExpected, ...rest } = step;
  const cancellation = verdict.cancellation && {
    ...verdict.cancellation,
    confirmed: step.state === 'CANCELLED',
  };
  const expected =
    final || verdict.forecast === undefined
      ? undefined
      : forecastOf(verdict.forecast, disruptionExpected, now);
  const pod = verdict.pod ?? step.pod;
  const node = verdict.node ?? step.node;
  return {
    ...rest,
    image: verdict.image,
    timeline: asRecorded(step.timeline, verdict.milestones),
    marks: withMarks(record ? [] : step.marks, verdict.marks, now),
    observations: verdict.observations,
    ...(cancellation && { cancellation }),
    ...(pod && { pod }),
    ...(node !== undefined && { node }),
    ...(!final && verdict.waiting && { waiting: verdict.waiting }),
    ...(expected && { disruptionExpected: expected }),
    ...(final && verdict.end && { outcome: verdict.end.outcome }),
    ...(record && { timeline: record }),
  };
}

/** A life that is over is told as the replica has seen it that recorded it: by all alike, also by those who saw it themselves. */
function asRecorded(
  timeline: readonly Transition[],
  milestones: readonly Milestone[],
): readonly Transition[] {
  const recorded = milestones.filter((m): m is Transition => m.observeTime !== undefined);
  if (recorded.length === 0) return timeline;
  return timeline.map((t) => recorded.find((r) => rank(r) === rank(t)) ?? t);
}

/** The first sight of a mark stands. */
function withMarks(before: readonly Mark[], seen: readonly SeenMark[], now: EpochMs): readonly Mark[] {
  const fresh = seen.filter((m) => !before.some((known) => sameMark(known, m)));
  if (fresh.length === 0) return before;
  return before.concat(fresh.map((m) => ({ ...m, time: m.time ?? now, observeTime: m.observeTime ?? now })));
}

/** One moment of a kind in each life, but of forecasts one of each cause: a cordon may be all, or the beginning of more. */
const sameMark = (
  a: Pick<Mark, 'kind' | 'incarnation' | 'detail'>,
  b: Pick<Mark, 'kind' | 'incarnation' | 'detail'>,
): boolean =>
  a.kind === b.kind &&
  a.incarnation === b.incarnation &&
  (a.kind !== 'DISRUPTION_EXPECTED' || a.detail === b.detail);

function sameSurface(a: Step, b: Step): boolean {
  return (
    a.marks.length === b.marks.length &&
    a.image === b.image &&
    a.node === b.node &&
    a.pod?.uid === b.pod?.uid &&
    sameWait(a.waiting, b.waiting) &&
    sameForecast(a.disruptionExpected, b.disruptionExpected) &&
    sameCancel(a.cancellation, b.cancellation)
  );
}

/** A cancel may become harder while it is under way. */
const sameCancel = (a: Cancellation | undefined, b: Cancellation | undefined): boolean =>
  a?.requestTime === b?.requestTime && a?.graceSeconds === b?.graceSeconds && a?.force === b?.force;

/** Whoever plans by the time at which a wait is given up must hear when that moves, also where the reason stays. */
function sameWait(a: Waiting | undefined, b: Waiting | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.reason === b.reason &&
    a.message === b.message &&
    a.remedy === b.remedy &&
    sameTime(a.since, b.since) &&
    sameTime(a.giveUpTime, b.giveUpTime)
  );
}
