import { timestampMs } from '@bufbuild/protobuf/wkt';
import { type Step, StepPhase, StepState, type Transition } from '../../gen/glip/executor/v1/step_pb.js';
import { printable } from './printable.ts';
import { formatStepRef, type StepRef } from './step-ref.ts';

export function stateName(state: StepState): string {
  return StepState[state] ?? `STATE_${state}`;
}

/** The same within a sentence: `timed out`. */
export const stateWords = (state: StepState): string => stateName(state).toLowerCase().replace('_', ' ');

export function phaseName(phase: StepPhase): string {
  return StepPhase[phase] ?? `PHASE_${phase}`;
}

/** True in the four final states. */
export function isOver({ state }: Pick<Step, 'state'>): boolean {
  switch (state) {
    case StepState.SUCCEEDED:
    case StepState.FAILED:
    case StepState.CANCELLED:
    case StepState.TIMED_OUT:
      return true;
    default:
      return false;
  }
}

export function refOf({ key }: Pick<Step, 'key'>): StepRef {
  return {
    tenant: key?.tenant ?? '',
    runId: key?.runId ?? '',
    stepId: key?.stepId ?? '',
    attempt: key?.attempt ?? 0,
  };
}

/** The step's full name, safe to print. */
export function nameOf(step: Pick<Step, 'key'>): string {
  return printable(formatStepRef(refOf(step)));
}

/** Why the step is where it is: how it ended, or what it waits for; empty when all goes well. */
export function reasonOf({ outcome, waiting }: Step): string {
  return printable(outcome?.reason || waiting?.reason || '');
}

/** `exit 2 (input_validation_failure)`, `signal 9`, or nothing. */
export function exitOf({ outcome }: Step): string {
  if (outcome === undefined) return '';
  const { exitCode, exitMeaning, signal } = outcome;
  if (signal !== undefined && signal > 0) return `signal ${signal}`;
  if (exitCode === undefined || exitCode === 0) return '';
  return `exit ${exitCode}${exitMeaning === '' ? '' : ` (${printable(exitMeaning)})`}`;
}

/** When the step was first known, for its age; undefined without a timeline. */
export function beginningOf({ timeline }: Step): number | undefined {
  const time = timeline[0] === undefined ? undefined : timeOf(timeline[0]);
  return time;
}

/** When it happened, by the cluster's clock, else by the executor's. */
export function timeOf({ time, observeTime }: Transition): number | undefined {
  const known = time ?? observeTime;
  return known === undefined ? undefined : timestampMs(known);
}

/** As kubectl does: 12s, 5m30s, 3h, 2d. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return `${minutes}m${seconds % 60 === 0 ? '' : `${seconds % 60}s`}`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}
