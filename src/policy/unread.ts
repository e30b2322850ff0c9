import { ExecutorError } from '../step/errors.ts';

/** What requests may hold that are not complete, where nobody says; the executor shares one budget between its ports. */
export const unreadBytes = 256 * 1024 * 1024;

/** Compressed requests that are inflated at once at a port, each to the largest request at most, however small it comes; and those that wait. */
export const inflating = { atOnce: 32, waiting: 4_096 };

/** Requests that are not complete hold all that they may. */
export function tooMuchUnread(): ExecutorError {
  return new ExecutorError({
    code: 'RESOURCE_EXHAUSTED',
    reason: 'TOO_MUCH_UNREAD',
    message: 'requests that are not complete hold all the memory that they may; come back later',
    retryAfterMs: 1_000,
  });
}

export const isTooMuchUnread = (error: unknown): boolean =>
  error instanceof ExecutorError && error.reason === 'TOO_MUCH_UNREAD';
