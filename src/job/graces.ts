import type { EpochMs, Waiting } from '../step/step.ts';
import type { Deadline } from '../step/verdict.ts';
import { isWaitingReason, type WaitingReason } from './reasons.ts';

/** How long a step may wait for each reason, in whole seconds; 0 or absent: as long as its timeouts let it. */
export type Graces = Readonly<Partial<Record<WaitingReason, number>>>;

/** Kubernetes cuts its timestamps to whole seconds: nothing is ended early for that. */
const truncatedMs = 1_000;

/** When the executor gives a step up for what it waits for; undefined when it does not. */
export function graceDeadline({ reason, since }: Waiting, graces: Graces): Deadline | undefined {
  const seconds = isWaitingReason(reason) ? (graces[reason] ?? 0) : 0;
  if (seconds === 0) return undefined;
  return { cause: 'WaitingTooLong', time: since + seconds * 1000 + truncatedMs, seconds };
}

/** The one that comes first. */
export function sooner(a: Deadline | undefined, b: Deadline | undefined): Deadline | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.time < a.time ? b : a;
}

/** What a step waits for, with the moment at which it ends for that: by a grace, one of its timeouts, or the deadline of its Job. */
export function withGiveUp(waiting: Waiting, ...times: readonly (EpochMs | undefined)[]): Waiting {
  const known = times.filter((t) => t !== undefined);
  return known.length === 0 ? waiting : { ...waiting, giveUpTime: Math.min(...known) };
}
