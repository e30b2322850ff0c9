import type { StepEvent } from './advance.ts';
import { isFinal, isFinalRank, rank } from './state.ts';
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
  /** The sequence number behind which everything ranks above a coordinate, or is the end that a coordinate before any end lacks. */
  positionOf(coordinateRank: number): number;
  /** Calls back, once, on the next append; returns the way to take that back. */
  onAppend(wake: () => void): () => void;
}

export const createEventLog = (first: StepEvent): EventLog => new Log(first);

/** A class, as there is one for each step: an object of closures and getters takes 1 KiB more. */
class Log implements EventLog {
  #entries: readonly LoggedEvent[];
  #current: Step;
  #head = 1;
  /** Absent while nobody waits. */
  #wakes: Set<() => void> | undefined;

  constructor(first: StepEvent) {
    this.#entries = [{ ...first, sequence: 1 }];
    this.#current = first.step;
  }

  get current(): Step {
    return this.#current;
  }

  get head(): number {
    return this.#head;
  }

  append(event: StepEvent): void {
    this.#current = event.step;
    this.#head += 1;
    const replaces = event.transition === undefined && this.#entries.at(-1)?.transition === undefined;
    const before = replaces ? this.#entries.slice(0, -1) : this.#entries;
    this.#entries = before.concat({ ...event, sequence: this.#head });
    const woken = this.#wakes ?? [];
    this.#wakes = undefined;
    for (const wake of woken) wake();
  }

  after(sequence: number): LoggedEvent | undefined {
    return this.#entries.find((e) => e.sequence > sequence);
  }

  positionOf(coordinateRank: number): number {
    const over = isFinalRank(coordinateRank);
    const known = ({ step }: LoggedEvent) => rank(step) <= coordinateRank && (over || !isFinal(step.state));
    return this.#entries.findLast(known)?.sequence ?? 0;
  }

  onAppend(wake: () => void): () => void {
    this.#wakes ??= new Set();
    this.#wakes.add(wake);
    return () => this.#wakes?.delete(wake);
  }
}
