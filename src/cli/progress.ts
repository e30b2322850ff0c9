import { timestampDate, timestampMs } from '@bufbuild/protobuf/wkt';
import {
  RetryAdvice,
  type Step,
  StepPhase,
  StepState,
  type Transition,
} from '../../gen/glip/executor/v1/step_pb.js';
import type { FollowEvent } from './follow.ts';
import { type Tone, toneOf } from './paint.ts';
import { printable } from './printable.ts';
import { isRefused, type RpcError } from './rpc-error.ts';
import { exitOf, isOver, phaseName, stateName, timeOf } from './step-words.ts';

/** One line of progress, not yet laid out; all of it is safe to print. */
export interface ProgressLine {
  /** Milliseconds since the epoch; undefined for what has no moment of its own. */
  readonly time?: number;
  readonly label: string;
  readonly tone: Tone;
  readonly text: string;
}

/** What was told already: after a reconnect the whole history may come again. */
export interface Progress {
  readonly told: ReadonlySet<string>;
  readonly waiting: string;
  /** The disruption that is expected; empty without one. */
  readonly disruption: string;
  /** The connection is lost, and that was said. */
  readonly lost: boolean;
}

export const noProgress: Progress = { told: new Set(), waiting: '', disruption: '', lost: false };

/** The lines that an event adds to what was told. */
export function advanceProgress(
  progress: Progress,
  event: FollowEvent,
): { readonly progress: Progress; readonly lines: readonly ProgressLine[] } {
  if (event.kind === 'connected') {
    const lines = progress.lost ? [{ label: 'connected', tone: 'faint' as const, text: 'again' }] : [];
    return { progress: { ...progress, lost: false }, lines };
  }
  if (event.kind === 'reconnecting') {
    const lines = event.planned || progress.lost ? [] : [lostLine(event.error)];
    return { progress: { ...progress, lost: progress.lost || !event.planned }, lines };
  }
  const { step, transition } = event;
  const fresh = [...step.timeline, ...(transition === undefined ? [] : [transition])].filter(
    (one, i, all) =>
      !progress.told.has(idOf(one)) && all.findIndex((other) => idOf(other) === idOf(one)) === i,
  );
  const waiting = waitingText(step);
  const news = waiting !== '' && waiting !== progress.waiting;
  const disruption = printable(disruptionText(step));
  const over = isOver(step) && !progress.told.has('outcome');
  const lines = [
    ...fresh.filter((one) => one.phase !== StepPhase.FINISHED).map(transitionLine),
    ...(news ? [{ label: 'waiting', tone: 'warn' as const, text: waiting }] : []),
    ...(disruption === progress.disruption || isOver(step) ? [] : [disruptionLine(disruption)]),
    ...(over ? outcomeLines(step) : []),
  ];
  const told = new Set([...progress.told, ...fresh.map(idOf), ...(over ? ['outcome'] : [])]);
  return { progress: { ...progress, told, waiting, disruption }, lines };
}

function lostLine(error: RpcError): ProgressLine {
  const why = isRefused(error) ? 'nobody answers there now' : printable(error.message);
  return { label: 'connection lost', tone: 'warn', text: `${why}; trying again` };
}

function idOf({ incarnation, phase, state }: Transition): string {
  return `${incarnation}/${phase}/${state}`;
}

function transitionLine(transition: Transition): ProgressLine {
  const { phase, state, reason, message } = transition;
  const time = timeOf(transition);
  const stopping = state === StepState.CANCELLING;
  return {
    ...(time !== undefined && { time }),
    label: stopping ? stateName(state) : phaseName(phase),
    tone: toneOf({ state }),
    text: [reason, message].filter(Boolean).map(printable).join(': '),
  };
}

function waitingText({ waiting }: Step): string {
  if (waiting === undefined) return '';
  const { reason, message, remedy } = waiting;
  const why = [reason, message].filter(Boolean).map(printable).join(': ');
  return remedy === '' ? why : `${why} — ${printable(remedy)}`;
}

function disruptionLine(text: string): ProgressLine {
  const gone = text === '';
  return {
    label: 'disruption',
    tone: gone ? 'faint' : 'warn',
    text: gone ? 'no longer expected' : `expected: ${text}`,
  };
}

/** What is announced to end the step, and when; empty when nothing is. */
export function disruptionText({ disruptionExpected }: Pick<Step, 'disruptionExpected'>): string {
  if (disruptionExpected === undefined) return '';
  const { cause, message, deadline } = disruptionExpected;
  const due =
    deadline === undefined ? '' : ` Due ${timestampDate(deadline).toISOString().replace(/\.\d+/, '')}.`;
  return `${cause}: ${message}${due}`;
}

function outcomeLines(step: Step): readonly ProgressLine[] {
  const { outcome, cancellation } = step;
  const end = step.timeline.findLast(({ phase }) => phase === StepPhase.FINISHED);
  const time = end === undefined ? undefined : timeOf(end);
  const took = durationText(step);
  const cancelled = step.state === StepState.CANCELLED ? printable(cancellation?.reason ?? '') : '';
  const words = [
    exitOf(step),
    printable(outcome?.reason ?? ''),
    printable(outcome?.message ?? ''),
    cancelled,
  ];
  const text = step.state === StepState.SUCCEEDED ? took : chain(words.filter(Boolean));
  const first = {
    ...(time !== undefined && { time }),
    label: stateName(step.state),
    tone: toneOf(step),
    text,
  };
  const advice = adviceText(outcome?.retry);
  const agent = step.state === StepState.SUCCEEDED ? '' : agentWords(outcome?.agentReportJson ?? '');
  return [
    first,
    ...(agent === '' ? [] : [{ label: 'agent says', tone: 'plain' as const, text: agent }]),
    ...(advice === '' ? [] : [{ label: 'advice', tone: 'faint' as const, text: advice }]),
  ];
}

/** One thing behind another, with a full stop at most at the end. */
const chain = (words: readonly string[]): string =>
  words.map((word, i) => (i < words.length - 1 ? word.replace(/\.$/, '') : word)).join(': ');

/** What the agent's report (GLIP's result or error) says to people; empty when it says nothing. */
function agentWords(reportJson: string): string {
  const report = reportOf(reportJson);
  const words = [report.message, report.suggested_action].filter((word) => typeof word === 'string');
  return printable(words.join(' ').slice(0, 1_000));
}

/** An agent's report; empty for a text that is none. */
export function reportOf(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function durationText({ outcome }: Step): string {
  if (outcome?.startTime === undefined || outcome.endTime === undefined) return '';
  const [start, end] = [timestampMs(outcome.startTime), timestampMs(outcome.endTime)];
  // Kubernetes tells whole seconds only: a tenth would be made up.
  const whole = start % 1000 === 0 && end % 1000 === 0;
  if (whole) return end === start ? 'ran for less than 1 s' : `ran for ${(end - start) / 1000} s`;
  return `ran for ${((end - start) / 1000).toFixed(1)} s`;
}

/** What the executor would do about a failure; empty without advice. */
export function adviceText(retry: RetryAdvice | undefined): string {
  switch (retry) {
    case RetryAdvice.NO:
      return 'the same again will fail';
    case RetryAdvice.SAME:
      return 'the same again may succeed, as a new attempt';
    case RetryAdvice.LATER:
      return 'try again later, as a new attempt';
    case RetryAdvice.ELSEWHERE:
      return 'try again on another node or cluster, as a new attempt';
    case RetryAdvice.MORE_RESOURCES:
      return 'try again with more memory, time or disk, as a new attempt';
    default:
      return '';
  }
}
