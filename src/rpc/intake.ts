import type { ServerHttp2Stream } from 'node:http2';
import type { ByteBudget } from '../lib/byte-budget.ts';
import { tooMuchUnread } from '../policy/unread.ts';
import { ExecutorError } from '../step/errors.ts';

export interface IntakeDeps {
  /** What requests that have not come as a whole may hold. */
  readonly budget: ByteBudget;
  /** How long a client may take for a request. */
  readonly timeMs: number;
  readonly refuse: (stream: ServerHttp2Stream, error: ExecutorError) => void;
  readonly onRefused: (why: 'slow_request' | 'unread_bytes') => void;
}

export interface Intake {
  /** `isTimed`: false for a stream of requests, which is as long as it is. */
  watch(stream: ServerHttp2Stream, holder: string, isTimed: boolean): void;
  stop(): void;
}

/** How exact the limit of time is. */
const sweepMs = 1_000;

/**
 * Watches requests until they have come as a whole: grpc-js keeps what it has of a message for as long as its stream lives, and begins no call
 * before that.
 */
export function createIntake({ budget, timeMs, refuse, onRefused }: IntakeDeps): Intake {
  // In the order of their coming: the oldest are first.
  const waiting = new Map<ServerHttp2Stream, number>();
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    timer ??= setTimeout(sweep, Math.min(sweepMs, timeMs)).unref();
  };
  const sweep = (): void => {
    timer = undefined;
    const now = performance.now();
    for (const [stream, since] of waiting) {
      if (now - since < timeMs) break;
      waiting.delete(stream);
      onRefused('slow_request');
      refuse(stream, requestTooSlow(timeMs));
    }
    if (waiting.size > 0) arm();
  };
  return {
    watch(stream, holder, isTimed) {
      const claim = budget.open(holder);
      if (isTimed) {
        waiting.set(stream, performance.now());
        arm();
      }
      const done = (): void => {
        waiting.delete(stream);
        claim.release();
      };
      stream.on('data', (chunk: Buffer) => {
        if (stream.closed || claim.take(chunk.byteLength)) return;
        done();
        onRefused('unread_bytes');
        refuse(stream, tooMuchUnread());
      });
      stream.once('end', done);
      stream.once('close', done);
    },
    stop: () => clearTimeout(timer),
  };
}

/** The client's request did not come in time. */
export function requestTooSlow(timeMs: number): ExecutorError {
  return new ExecutorError({
    code: 'RESOURCE_EXHAUSTED',
    reason: 'REQUEST_TOO_SLOW',
    message: `the request was not complete within ${timeMs / 1000} s`,
  });
}
