import { type Step, StepState } from '../../gen/glip/executor/v1/step_pb.js';
import type { StatusName } from './rpc-error.ts';

/** Exit codes of `glip` beside an agent's own: timeout(1) and the shell for steps, sysexits(3) for calls; docs/cli.md. */
export const exitCodes = {
  success: 0,
  failed: 1,
  usage: 64,
  refused: 65,
  notFound: 66,
  unavailable: 69,
  defect: 70,
  unwritable: 74,
  again: 75,
  forbidden: 77,
  timedOut: 124,
  cancelled: 130,
} as const;

/** The exit code of a step that is over: the agent's own from 1 to 125, unless the step ended otherwise. */
export function exitCodeOfStep(step: Step): number {
  switch (step.state) {
    case StepState.SUCCEEDED:
      return exitCodes.success;
    case StepState.CANCELLED:
      return exitCodes.cancelled;
    case StepState.TIMED_OUT:
      return exitCodes.timedOut;
    default: {
      // 0 with a failure is an agent whose child was killed; 126 and above are the shell's and Docker's words.
      const code = step.outcome?.exitCode ?? 0;
      return code >= 1 && code <= 125 ? code : exitCodes.failed;
    }
  }
}

/** The exit code of several steps: the first that is not 0, in the order in which they were named. */
export function worstExitCode(codes: readonly number[]): number {
  return codes.find((code) => code !== 0) ?? 0;
}

/** The exit code of a call that failed. */
export function exitCodeOfStatus(code: StatusName): number {
  switch (code) {
    case 'OK':
      return exitCodes.success;
    case 'INVALID_ARGUMENT':
    case 'ALREADY_EXISTS':
    case 'FAILED_PRECONDITION':
    case 'OUT_OF_RANGE':
      return exitCodes.refused;
    case 'NOT_FOUND':
      return exitCodes.notFound;
    case 'UNAVAILABLE':
      return exitCodes.unavailable;
    case 'RESOURCE_EXHAUSTED':
    case 'DEADLINE_EXCEEDED':
    case 'ABORTED':
      return exitCodes.again;
    case 'PERMISSION_DENIED':
    case 'UNAUTHENTICATED':
      return exitCodes.forbidden;
    case 'CANCELLED':
      return exitCodes.cancelled;
    case 'INTERNAL':
    case 'UNKNOWN':
    case 'UNIMPLEMENTED':
    case 'DATA_LOSS':
      return exitCodes.defect;
    default: {
      const never: never = code;
      return never;
    }
  }
}
