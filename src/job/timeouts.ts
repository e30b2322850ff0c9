import type { EpochMs } from '../step/step.ts';
import type { Deadline, Milestone } from '../step/verdict.ts';
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

export type TimeoutCause = Deadline['cause'];

/** Kubernetes cuts its timestamps to whole seconds: nothing is ended early for that. */
const truncatedMs = 1_000;

/** The timeout that will fire next on this way, if the step does not move on. The total is the Job's own business. */
export function nextDeadline(path: readonly Milestone[], timeouts: Timeouts): Deadline | undefined {
  const here = path.at(-1);
  const since = (phase: Milestone['phase']) => path.findLast((m) => m.phase === phase)?.time;
  const at = (cause: TimeoutCause, from: EpochMs | undefined, seconds: number): Deadline | undefined =>
    from === undefined ? undefined : { cause, time: from + seconds * 1000 + truncatedMs, seconds };
  if (here === undefined || here.state === 'CANCELLING') return undefined;
  switch (here.phase) {
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
      const never: never = here.phase;
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
