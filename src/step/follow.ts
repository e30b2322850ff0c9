import type { EventLog, LoggedEvent } from './event-log.ts';
import { isFinal, isFinalRank, rank } from './state.ts';
import type { Step } from './step.ts';

export type Followed =
  | { readonly kind: 'snapshot'; readonly step: Step }
  | { readonly kind: 'event'; readonly event: LoggedEvent; readonly replayed: boolean }
  /** Nothing has happened for a while. */
  | { readonly kind: 'quiet' };

export interface FollowOptions {
  /** Rank of the coordinate to go on from; absent to begin with a snapshot. */
  readonly from?: number;
  /** How long nothing may be said, in milliseconds. */
  readonly quietMs: number;
  /** Ends the following without an error. */
  readonly signal: AbortSignal;
}

/**
 * The history of a step from a coordinate on: each transition once and in order, ending after the final one. A reader that does not
 * read costs nothing and holds nobody up: it finds what it has missed in the log.
 */
export async function* follow(
  log: EventLog,
  options: FollowOptions,
): AsyncGenerator<Followed, void, undefined> {
  const opened = log.head;
  let position = options.from === undefined ? opened : log.positionOf(options.from);
  if (options.from === undefined) {
    const step = log.current;
    yield { kind: 'snapshot', step };
    if (isFinal(step.state)) return;
  } else if (position === opened && isFinal(log.current.state)) {
    return;
  }
  while (!options.signal.aborted) {
    const event = log.after(position);
    if (event === undefined) {
      if (await quiet(log, position, options)) yield { kind: 'quiet' };
      continue;
    }
    position = event.sequence;
    // Where the cursor comes from a replica that has seen more than this one had, what comes now is not new to the reader.
    if (isNewTo(options.from, event)) yield { kind: 'event', event, replayed: event.sequence <= opened };
    if (isFinal(event.step.state)) return;
  }
}

function isNewTo(from: number | undefined, { transition, step }: LoggedEvent): boolean {
  if (from === undefined || rank(step) > from) return true;
  // This replica may not have heard of the last life: the end is the end all the same.
  if (isFinal(step.state) && !isFinalRank(from)) return true;
  return transition === undefined && rank(step) === from;
}

/** Waits for an append, the quiet time or the end; true after the quiet time. */
function quiet(log: EventLog, position: number, { quietMs, signal }: FollowOptions): Promise<boolean> {
  if (signal.aborted || log.head > position) return Promise.resolve(false);
  return new Promise((resolve) => {
    const done = (timedOut: boolean) => {
      clearTimeout(timer);
      takeBack();
      signal.removeEventListener('abort', wake);
      resolve(timedOut);
    };
    const wake = () => done(false);
    const timer = setTimeout(done, quietMs, true);
    const takeBack = log.onAppend(wake);
    signal.addEventListener('abort', wake, { once: true });
  });
}
