import type { WaitingReason } from './reasons.ts';

/** Why a step may end, beside what it may wait for too long: docs/reasons.md has a line for each. */
export const outcomeReasons = [
  // It did what it was asked to, by itself or by the caller.
  'Completed',
  'Cancelled',
  // The step's own timeouts.
  'QueueTimeout',
  'StartTimeout',
  'RunTimeout',
  'TotalTimeout',
  // Exit codes (GLIP.md).
  'AgentFailed',
  'InputInvalid',
  'ChecksumMismatch',
  'PermissionDenied',
  'AgentTimeout',
  'ResourcesExhausted',
  'OutputInvalid',
  'UpstreamFailed',
  'ContainerError',
  'Killed',
  // Limits of the step.
  'OOMKilled',
  'Evicted',
  // What the image holds.
  'CommandNotFound',
  'CommandNotExecutable',
  'WorkingDirectoryMissing',
  'StartError',
  // What others do to it.
  'Preempted',
  'Drained',
  'NodeTainted',
  'NodeShutdown',
  'SpotReclaimed',
  'NodeLost',
  'Disrupted',
  'PodDeleted',
  'JobDeleted',
  'JobStopped',
  'JobSuspended',
  // What Kubernetes could not do, or nobody can know.
  'InitFailed',
  'ContainerLost',
  'PodFailed',
  'JobFailed',
  'SuccessUnconfirmed',
  'EndUnconfirmed',
  'WaitingTooLong',
] as const;

export type OutcomeReason = (typeof outcomeReasons)[number] | WaitingReason;

declare const theirs: unique symbol;
/** A reason in the words of a node or a controller, passed on as it is: OutOfcpu, NodeAffinity, BackoffLimitExceeded. */
export type TheirReason = string & { readonly [theirs]: true };

/** Passes on a reason that others made. */
export const theirReason = (text: string): TheirReason => text as TheirReason;
