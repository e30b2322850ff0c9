import type { FailureCategory, RetryAdvice } from '../step/step.ts';
import type { OutcomeReason } from './outcome-reasons.ts';

/** What an exit code means in GLIP v1 (GLIP.md, "Exit codes"). */
export interface ExitMeaning {
  /** GLIP's name in snake_case. */
  readonly name: string;
  /** PascalCase, the outcome's reason. */
  readonly reason: OutcomeReason;
  readonly category: FailureCategory;
  readonly retry: RetryAdvice;
  /** For people: the exit code is put before it. */
  readonly sentence: string;
}

const table: Readonly<Record<number, ExitMeaning>> = {
  1: meaning('general_failure', 'AgentFailed', 'AGENT', 'SAME', 'the agent failed'),
  2: meaning('input_validation_failure', 'InputInvalid', 'INPUT', 'NO', 'the agent refused its inputs'),
  3: meaning(
    'checksum_failure',
    'ChecksumMismatch',
    'INPUT',
    'SAME',
    'an input does not have its checksum; fetch it afresh',
  ),
  4: meaning(
    'permission_failure',
    'PermissionDenied',
    'POLICY',
    'NO',
    'the agent may not do what it was asked to',
  ),
  5: meaning('timeout', 'AgentTimeout', 'TIMEOUT', 'MORE_RESOURCES', 'the agent ran out of its own time'),
  6: meaning(
    'resources_exhausted',
    'ResourcesExhausted',
    'RESOURCES',
    'MORE_RESOURCES',
    'the agent ran out of resources',
  ),
  7: meaning(
    'output_validation_failure',
    'OutputInvalid',
    'AGENT',
    'NO',
    "the agent's outputs are not valid",
  ),
  8: meaning(
    'upstream_failure',
    'UpstreamFailed',
    'AGENT',
    'LATER',
    'something that the agent depends on failed',
  ),
};

const infrastructure = meaning(
  'container_infrastructure_error',
  'ContainerError',
  'PLATFORM',
  'ELSEWHERE',
  'the container could not do its work on this node',
);

const other = meaning('agent_specific', 'AgentFailed', 'AGENT', 'SAME', 'the agent failed');

const signals: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  15: 'SIGTERM',
};

function meaning(
  name: string,
  reason: OutcomeReason,
  category: FailureCategory,
  retry: RetryAdvice,
  sentence: string,
): ExitMeaning {
  return { name, reason, category, retry, sentence };
}

/** The signal that an exit code stands for (128+N), if it does. */
export function signalOf(exitCode: number): number | undefined {
  return exitCode > 128 && exitCode <= 128 + 64 ? exitCode - 128 : undefined;
}

export function signalName(signal: number): string {
  return signals[signal] ?? `signal ${signal}`;
}

/** What a code other than 0 means. */
export function exitMeaning(exitCode: number): ExitMeaning {
  const signal = signalOf(exitCode);
  if (signal !== undefined) {
    const name = signalName(signal);
    return meaning(
      'killed_by_signal',
      'Killed',
      'AGENT',
      'SAME',
      `the agent was ended by ${name}, and nothing says by whom`,
    );
  }
  if (exitCode >= 125 && exitCode <= 128) return infrastructure;
  return table[exitCode] ?? other;
}
