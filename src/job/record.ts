import { oneLine } from '../lib/plain-text.ts';
import { isFinal, rank, stepPhases, stepStates } from '../step/state.ts';
import type { FailureCategory, Mark, Outcome, RetryAdvice, Step, Transition } from '../step/step.ts';
import type { End, Verdict } from '../step/verdict.ts';
import { isEvidence } from './evidence.ts';
import { annotation, readJson } from './metadata.ts';
import type { JobView } from './observation.ts';
import { areExits, areTexts, areTimes, isLife, isRef, isTime } from './plausible.ts';
import { endJob, firstWriter, type PatchOperation, unchanged } from './stop.ts';

/** The end of a step as it stands on its Job: what every replica tells from then on. */
export interface StepRecord {
  readonly end: Pick<End, 'state' | 'outcome' | 'time' | 'incarnation'>;
  readonly timeline: readonly Transition[];
  readonly pod?: Step['pod'];
  readonly node?: string;
  readonly image: string;
  /** Absent in the records of the first version. */
  readonly marks?: readonly Mark[];
}

/** The record that an end makes of a step. */
export function recordOf(step: Step, { milestones }: Way, end: End, now: number): StepRecord {
  // Of a Job whose lives were taken from it by hand, the objects do not show which one this is.
  const incarnation = Math.max(end.incarnation, step.incarnation);
  const last: Transition = {
    incarnation,
    phase: 'FINISHED',
    state: end.state,
    reason: end.outcome.reason,
    message: end.outcome.message,
    time: end.time,
    observeTime: now,
  };
  const { state, outcome, time } = end;
  const way = wholeWay(step.timeline, milestones, now).filter((t) => rank(t) < rank(last));
  return recordWith(step, { state, outcome, time, incarnation }, [...way, last]);
}

type Way = Pick<Verdict, 'milestones'>;

/**
 * What was told, and what came too late to be told: Jobs and pods are watched apart, so a stop can be heard of before the start of what it
 * stops. Every replica tells the record from then on, also those that heard of both in their order.
 */
function wholeWay(
  told: readonly Transition[],
  milestones: Way['milestones'],
  now: number,
): readonly Transition[] {
  const late = milestones.filter((m) => !told.some((t) => rank(t) === rank(m)));
  if (late.length === 0) return told;
  const all = [...told, ...late.map((m) => ({ ...m, observeTime: m.observeTime ?? now }))];
  return all.sort((a, b) => rank(a) - rank(b));
}

/** The record of an end that was told, for a Job that has lost it: to an edit by hand, or to a restore of the cluster's store. */
export function recordAgain(step: Step): StepRecord | undefined {
  const last = step.timeline.at(-1);
  if (step.outcome === undefined || last === undefined || !isFinal(step.state)) return undefined;
  const { state, outcome, incarnation, timeline } = step;
  return recordWith(step, { state, outcome, time: last.time, incarnation }, timeline);
}

const recordWith = (
  { image, marks, pod, node }: Step,
  end: StepRecord['end'],
  timeline: StepRecord['timeline'],
): StepRecord => ({
  end,
  timeline,
  image,
  marks,
  ...(pod && { pod }),
  ...(node !== undefined && { node }),
});

/** The least that a record can be, for a Job that others have filled: how the step ended, and when it was where. */
export function smallest(record: StepRecord): StepRecord {
  const { evidence: _, ...outcome } = record.end.outcome;
  const short = (text: string): string => oneLine(text, 200);
  return {
    ...record,
    end: { ...record.end, outcome: { ...outcome, message: short(outcome.message), agentReportJson: '' } },
    timeline: record.timeline.map((t) => ({ ...t, message: isFinal(t.state) ? short(t.message) : '' })),
    marks: [],
  };
}

/** What stands on the Job beside the record that is to be written. */
export interface Beside {
  /** A text in its place that nobody can read. */
  readonly damaged?: string | null;
  /** The lives before this one, which the end belongs behind. */
  readonly lives?: string | undefined;
  /** The Job may run its agent behind the end: it is to be ended, too. */
  readonly runs?: boolean;
}

/**
 * Writes the record, unless there is one, or another life has begun: the first writer wins. A Job that somebody suspended could be
 * resumed, and run again behind an end that was told: it is ended in the same patch.
 */
export function recordPatch(
  uid: string,
  record: StepRecord,
  { damaged = null, lives, runs = record.end.outcome.reason === 'JobSuspended' }: Beside = {},
): readonly PatchOperation[] {
  const write = [
    unchanged(annotation.history, lives),
    ...firstWriter(uid, annotation.record, JSON.stringify({ version: 1, ...record }), damaged),
  ];
  return runs ? [...write, ...endJob] : write;
}

/** The text that somebody has put where the record should stand, if nobody can read it. */
export function damagedRecord({ annotations }: Pick<JobView, 'annotations'>): string | null {
  const text = annotations[annotation.record];
  return text === undefined || readRecord(text) !== undefined ? null : text;
}

/** Undefined for a text that is not ours. */
export function readRecord(text: string | undefined): StepRecord | undefined {
  const value = readJson(text) as Partial<StepRecord & { version: number }> | null | undefined;
  if (value?.version !== 1 || !Array.isArray(value.timeline) || typeof value.image !== 'string')
    return undefined;
  const { end } = value;
  if (end === undefined || !stepStates.includes(end.state) || !isFinal(end.state)) return undefined;
  if (!isOutcome(end.outcome) || !isTime(end.time) || !isLife(end.incarnation)) return undefined;
  if (!isRef(value.pod) || !areTexts(value.node)) return undefined;
  if (!value.timeline.every(isTransition)) return undefined;
  if (value.marks !== undefined && !(Array.isArray(value.marks) && value.marks.every(isMark)))
    return undefined;
  return value as StepRecord;
}

function isOutcome(outcome: Partial<Outcome> | undefined): boolean {
  return (
    typeof outcome?.reason === 'string' &&
    typeof outcome.message === 'string' &&
    typeof outcome.exitMeaning === 'string' &&
    typeof outcome.mayHaveStarted === 'boolean' &&
    typeof outcome.agentReportJson === 'string' &&
    areExits(outcome.exitCode, outcome.signal) &&
    areTimes(outcome.startTime, outcome.endTime) &&
    (outcome.category === undefined || outcome.category in categories) &&
    (outcome.retry === undefined || outcome.retry in advice) &&
    (outcome.evidence === undefined || isEvidence(outcome.evidence))
  );
}

export function isTransition(value: Partial<Transition> | null): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    stepPhases.includes(value.phase as Transition['phase']) &&
    stepStates.includes(value.state as Transition['state']) &&
    isFinal(value.state as Transition['state']) === (value.phase === 'FINISHED') &&
    [value.time, value.observeTime].every(isTime) &&
    isLife(value.incarnation) &&
    typeof value.reason === 'string' &&
    typeof value.message === 'string'
  );
}

const kinds: Readonly<Record<Mark['kind'], true>> = {
  ACCEPTED: true,
  GATED: true,
  UNGATED: true,
  PULLING: true,
  PULLED: true,
  DISRUPTION_EXPECTED: true,
};

function isMark(value: Partial<Mark> | null): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof value.kind === 'string' &&
    Object.hasOwn(kinds, value.kind) &&
    [value.time, value.observeTime].every(isTime) &&
    isLife(value.incarnation) &&
    typeof value.detail === 'string'
  );
}

const categories: Readonly<Record<FailureCategory, true>> = {
  AGENT: true,
  INPUT: true,
  PLATFORM: true,
  DISRUPTION: true,
  RESOURCES: true,
  IMAGE: true,
  POLICY: true,
  TIMEOUT: true,
};

const advice: Readonly<Record<RetryAdvice, true>> = {
  NO: true,
  SAME: true,
  LATER: true,
  ELSEWHERE: true,
  MORE_RESOURCES: true,
};
