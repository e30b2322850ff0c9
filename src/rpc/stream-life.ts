import { ExecutorError } from '../step/errors.ts';
import type { CallContext } from './handler.ts';
import { comeBackMs } from './stream-frames.ts';

/** How long a stream lasts that nothing ends by itself. */
export interface StreamLife {
  /** Aborted when the stream is to end, whoever wants it. */
  readonly signal: AbortSignal;
  /** Why the executor ends it; undefined while it does not, and when the caller has gone. */
  readonly reason: () => 'DRAINING' | 'MAXIMUM_AGE' | undefined;
  /** Must be called when the stream is over: it drops the timer and the listeners. */
  readonly clear: () => void;
}

/** Streams that were opened together, as after a restart, must not all come back together: some end a fifth earlier. */
const spread = 0.2;

/** The life of a stream: the call's own, until the executor drains or the stream is too old; 0 for no maximum. */
export function streamLife(
  { signal, draining }: Pick<CallContext, 'signal' | 'draining'>,
  maxAgeMs: number,
  random: () => number = Math.random,
): StreamLife {
  const end = new AbortController();
  let reason: ReturnType<StreamLife['reason']>;
  const leave = (why: typeof reason) => {
    if (end.signal.aborted) return;
    reason = why;
    end.abort();
  };
  const onGone = () => leave(undefined);
  const onDraining = () => leave('DRAINING');
  const timer =
    maxAgeMs > 0 ? setTimeout(leave, maxAgeMs * (1 - spread * random()), 'MAXIMUM_AGE') : undefined;
  signal.addEventListener('abort', onGone, { once: true });
  draining?.addEventListener('abort', onDraining, { once: true });
  if (draining?.aborted) onDraining();
  if (signal.aborted) onGone();
  return {
    signal: end.signal,
    reason: () => (signal.aborted ? undefined : reason),
    clear() {
      clearTimeout(timer);
      signal.removeEventListener('abort', onGone);
      draining?.removeEventListener('abort', onDraining);
    },
  };
}

/** The status behind a Goodbye. */
export function streamEnded(reason: 'DRAINING' | 'MAXIMUM_AGE'): ExecutorError {
  return new ExecutorError({
    code: 'UNAVAILABLE',
    reason,
    message: 'the executor ends this stream; open another one with the cursor',
    retryAfterMs: comeBackMs,
  });
}
