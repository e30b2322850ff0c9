import type { EpochMs } from './refs.ts';
import { sameTime } from './time.ts';

/** An end that the cluster has announced and not yet carried out. */
export interface Forecast {
  /** PascalCase, stable. */
  readonly cause: string;
  /** One sentence for people. */
  readonly message: string;
  /** When the pod is told to stop, or once it was told, when its grace period is over, where that is known; the cluster's clock. */
  readonly deadline?: EpochMs;
  /** The clock of the executor that saw this cause first, of those that have lived on since. */
  readonly observeTime: EpochMs;
}

/** A forecast as the objects show it. */
export interface SeenForecast extends Omit<Forecast, 'observeTime'> {
  /** Since when it stands, by the cluster's clock, where something tells. */
  readonly since?: EpochMs;
}

/** What is told of a forecast. It was seen when its cause was: a deadline that moves, or other words, are no other forecast. */
export function forecastOf(
  seen: SeenForecast | 'over',
  before: Forecast | undefined,
  now: EpochMs,
): Forecast | undefined {
  if (seen === 'over') return before;
  const { cause, message, deadline } = seen;
  const observeTime = before?.cause === cause ? before.observeTime : now;
  return { cause, message, ...(deadline !== undefined && { deadline }), observeTime };
}

export function sameForecast(a: Forecast | undefined, b: Forecast | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.cause === b.cause && a.message === b.message && sameTime(a.deadline, b.deadline);
}
