import type { StepEvent } from './advance.ts';
import { rank } from './state.ts';
import type { Step } from './step.ts';

/** An event with its place in this log. Sequence numbers grow and mean nothing outside the log. */
export interface LoggedEvent extends StepEvent {
  readonly sequence: number;
}

/**
 * The history of one step, bounded by what a step can live through: one entry per transition, and at most one change without a
 * transition behind each (the newest replaces it). Followers are cursors over it; nothing is kept per follower but its wake-up call.
 */
export interface EventLog {
  /** The step as it is now. */
  readonly current: Step;
  /** The newest event's sequence number. */
  readonly head: number;
  append(event: StepEvent): void;
  /** The first event after a sequence number. */
  after(sequence: number): LoggedEvent | undefined;
  /** The sequence number behind which everything ranks above a coordinate. */
  positionOf(coordinateRank: number): number;
  /** Calls back, once, on the next append; returns the way to take that back. */
  onAppend(wake: () => void): () => void;
}

export function createEventLog(first: StepEvent): EventLog {
  const entries: LoggedEvent[] = [{ ...first, sequence: 1 }];
  const wakes = new Set<() => void>();
  let current = first.step;
  let head = 1;
  return {
    get current() {
      return current;
    },
    get head() {
      return head;
    },
    append(event) {
      current = event.step;
      head += 1;
      if (event.transition === undefined && entries.at(-1)?.transition === undefined) entries.pop();
      entries.push({ ...event, sequence: head });
      const woken = [...wakes];
      wakes.clear();
      for (const wake of woken) wake();
    },
    after: (sequence) => entries.find((e) => e.sequence > sequence),
    positionOf: (coordinateRank) => entries.findLast((e) => rank(e.step) <= coordinateRank)?.sequence ?? 0,
    onAppend(wake) {
      wakes.add(wake);
      return () => wakes.delete(wake);
    },
  };
}
