import type { Change, ChangeLog } from './change-log.ts';
import { ExecutorError } from './errors.ts';
import type { ClusterHistory } from './history.ts';
import { isNewer, isPast, type Mark } from './mark.ts';
import { isFinal } from './state.ts';

/** How a stream of many steps goes on from a mark. */
export interface Resumption {
  /** Whether the reader may not have a change yet. */
  readonly missed: (change: Change) => boolean;
  /** For a while after the mark nobody watched whose memory this executor has: a Job that was deleted then has left no trace. */
  readonly gap: boolean;
}

/**
 * The shortest life of a record is 60 s (ttl_after_finished): within so much of it, nothing that has ended after the mark can have
 * expired, as long as the clocks of the executors differ by less than the 10 s in between.
 */
export const longestGapMs = 50_000;

/**
 * What a reader may have missed since a mark. Decided by the versions of the objects, so that any replica answers alike, before and after
 * a restart. In doubt a step is sent again: delivery is at least once.
 * @throws CURSOR_EXPIRED where an end may have been missed of which nothing is left
 * @throws BEHIND_CURSOR when this executor's view is not as far as the mark, and does not get there soon
 */
export async function resumeFrom(
  mark: Mark,
  log: ChangeLog,
  history: ClusterHistory,
  signal: AbortSignal,
): Promise<Resumption> {
  const caughtUp = await history.catchUp(mark, signal);
  if (caughtUp === 'never')
    throw expired('the cursor is of another cluster, or of this one before its store was restored');
  const began = history.began();
  if (caughtUp === 'behind' || began === undefined) throw behind();
  if (isNewer(log.lost.jobs, mark.jobs)) throw expired('more steps have gone since than are remembered');
  const gap = isNewer(began.jobsView, mark.jobsView);
  if (gap && began.time - mark.time > longestGapMs)
    throw expired('nobody has watched for so long after it that the record of an end may have expired');
  return {
    gap,
    missed: ({ step, versions, forgotten }) => {
      if (versions === undefined || isPast(versions, mark)) return true;
      // Versions are told again by a store that was restored from a backup. Time is not.
      if ((step.timeline.at(-1)?.time ?? 0) > mark.time) return true;
      return gap && !forgotten && !isFinal(step.state);
    },
  };
}

function expired(why: string): ExecutorError {
  return new ExecutorError({
    code: 'OUT_OF_RANGE',
    reason: 'CURSOR_EXPIRED',
    message: `${why}; start without a cursor: a step that the start does not tell is gone`,
  });
}

function behind(): ExecutorError {
  return new ExecutorError({
    code: 'UNAVAILABLE',
    reason: 'BEHIND_CURSOR',
    message: 'this executor has not seen yet what the cursor has; try again, here or at another one',
    retryAfterMs: 1_000,
  });
}
