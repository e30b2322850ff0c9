import type { Change, ChangeLog } from './change-log.ts';
import { ExecutorError } from './errors.ts';
import type { Mark } from './mark.ts';
import { atStart, isWanted, live, type News } from './news.ts';
import { createProgress } from './progress.ts';
import type { Step } from './step.ts';

export type ToldOfSteps = (
  | News
  /** The start is over. */
  | { readonly kind: 'synced'; readonly steps: number }
  /** Nothing was told for a while. */
  | { readonly kind: 'quiet' }
) & {
  /** Where a reader that has this may go on; absent until `synced`, as a start that is cut off begins anew. */
  readonly mark: Mark | undefined;
};

export interface FollowStepsOptions {
  readonly matches: (step: Step) => boolean;
  /** Of a stream that goes on: whether its reader may not have a change yet. Absent to begin with snapshots. */
  readonly missed?: (change: Change) => boolean;
  /** How long nothing may be said, in milliseconds. */
  readonly quietMs: number;
  /** Ends the following without an error. */
  readonly signal: AbortSignal;
  readonly batch?: number;
}

/** So many changes are in a reader's hands at a time, however slow it is. */
const defaultBatch = 64;

/**
 * All steps that match: what they are, or what was missed; then `synced`; then each change. A reader that keeps up is told every
 * transition once and in order. One that does not gets the newest of a step instead of what was in between, and always its end.
 * @throws CURSOR_EXPIRED for a reader so slow that a step was forgotten before it has read of it
 */
export async function* followSteps(
  log: ChangeLog,
  { matches, missed, quietMs, signal, batch = defaultBatch }: FollowStepsOptions,
): AsyncGenerator<ToldOfSteps, void, undefined> {
  const opened = log.head;
  const begun = log.mark();
  // Who begins with what is there misses nothing that went before; of who goes on, `missed` has been asked.
  const since = missed === undefined ? opened : log.floor;
  const progress = createProgress();
  let steps = 0;
  let synced = false;
  let last = begun;
  const bed = createBed(quietMs, signal, (change) => isWanted(change, matches));

  try {
    while (!signal.aborted) {
      if (log.floor > Math.max(bed.position, since)) throw tooSlow();
      const { head } = log;
      const changes = log.after(bed.position, batch);
      const isAll = changes.length < batch;
      if (isAll) last = log.mark();
      progress.read(head, isAll ? head : (changes.at(-1)?.sequence ?? head));
      for (const [i, change] of changes.entries()) {
        if (!synced && change.sequence > opened) {
          synced = true;
          yield { kind: 'synced', steps, mark: begun };
        }
        const newest = isAll && i === changes.length - 1;
        const news = synced
          ? live(change, matches, progress.hasPrevious(change))
          : atStart(change, matches, missed);
        for (const [n, told] of news.entries()) {
          if (!synced && told.kind !== 'forgotten') steps += 1;
          const after = newest && n === news.length - 1 ? last : change.mark;
          yield { ...told, mark: synced ? after : undefined };
          bed.heard();
          if (signal.aborted) return;
        }
        bed.position = change.sequence;
      }
      if (!isAll) continue;
      bed.position = head;
      if (!synced) {
        synced = true;
        yield { kind: 'synced', steps, mark: last };
        bed.heard();
      }
      if (log.head > head) continue;
      const quiet = await bed.sleep(log);
      // It was moved on over what it does not want.
      progress.read(bed.position, bed.position);
      if (!quiet) continue;
      yield { kind: 'quiet', mark: bed.position === log.head ? log.mark() : last };
      bed.heard();
    }
  } finally {
    bed.clear();
  }
}

/** Where a reader waits for news, for its quiet time to be over, or for its end. One timer for the whole of its life. */
function createBed(quietMs: number, signal: AbortSignal, wants: (change: Change) => boolean) {
  let quiet = false;
  let wake = (): void => undefined;
  const timer = setTimeout(() => {
    quiet = true;
    wake();
  }, quietMs);
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    position: 0,
    heard(): void {
      quiet = false;
      timer.refresh();
    },
    /** True when nothing was told for the quiet time. */
    async sleep(log: ChangeLog): Promise<boolean> {
      if (signal.aborted) return false;
      if (!quiet) {
        const sleeper = { position: this.position, wants, wake: () => wake() };
        await new Promise<void>((resolve) => {
          const leave = log.sleep(sleeper);
          wake = () => {
            leave();
            resolve();
          };
        });
        this.position = sleeper.position;
      }
      return quiet && !signal.aborted;
    },
    clear(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    },
  };
}

function tooSlow(): ExecutorError {
  return new ExecutorError({
    code: 'OUT_OF_RANGE',
    reason: 'CURSOR_EXPIRED',
    message:
      'steps were forgotten before this stream has read of them: start without a cursor; what the start does not tell is gone',
  });
}
