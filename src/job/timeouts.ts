import type { EpochMs, Step, Transition } from '../step/step.ts';
import { readJson } from './metadata.ts';

/** The four timeouts of a step, in whole seconds (DESIGN.md section 5). */
export interface Timeouts {
  /** From the submit until a node is found. */
  readonly queue: number;
  /** From the node until the process runs. */
  readonly start: number;
  /** Of the process. */
  readonly run: number;
  /** Of everything; the Job's own deadline, which holds with the executor down. */
  readonly total: number;
}

export type TimeoutCause = 'QueueTimeout' | 'StartTimeout' | 'RunTimeout';

export interface Deadline {
  readonly cause: TimeoutCause;
  /** The cluster's clock. */
  readonly time: EpochMs;
  readonly seconds: number;
}

/** The timeout that will fire next if the step does not move. The total is the Job's own business. */
export function nextDeadline(step: Pick<Step, 'phase' | 'state' | 'timeline'>, timeouts: Timeouts): Deadline | undefined {
  const since = (phase: Transition['phase']) => step.timeline.findLast((t) => t.phase === phase)?.time;
  const at = (cause: TimeoutCause, from: EpochMs | undefined, seconds: number): Deadline | undefined =>
    from === undefined ? undefined : { cause, time: from + seconds * 1000, seconds };
  if (step.state === 'CANCELLING') return undefined;
  switch (step.phase) {
    case 'QUEUED':
    case 'SCHEDULING':
      return at('QueueTimeout', since('QUEUED'), timeouts.queue);
    case 'PULLING_IMAGE':
    case 'STARTING':
      return at('StartTimeout', since('PULLING_IMAGE') ?? since('STARTING'), timeouts.start);
    case 'RUNNING':
      return at('RunTimeout', since('RUNNING'), timeouts.run);
    case 'TERMINATING':
    case 'FINISHED':
      return undefined;
    default: {
      const never: never = step.phase;
      return never;
    }
  }
}

/** Undefined for a text that is not ours. */
export function readTimeouts(text: string | undefined): Timeouts | undefined {
  const value = readJson(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const { queue, start, run, total } = value as Record<string, unknown>;
  if (![queue, start, run, total].every((n) => Number.isInteger(n) && (n as number) > 0)) return undefined;
  return { queue, start, run, total } as Timeouts;
}
