import { durationMs } from '@bufbuild/protobuf/wkt';
import type { Goodbye } from '../../gen/glip/executor/v1/executor_service_pb.js';
import { jittered, nextCeiling } from '../lib/backoff.ts';
import type { Io } from './io.ts';
import { isRefused, RpcError } from './rpc-error.ts';

/** A frame of a stream that can be taken up again. */
export interface CursorFrame {
  readonly cursor: string;
  readonly frame: { readonly case: string | undefined; readonly value?: unknown };
}

/** What a stream that is taken up again tells. */
export type Resumed<Frame> =
  | { readonly kind: 'frame'; readonly frame: Frame }
  /** Before the first frame after a connection was lost. */
  | { readonly kind: 'connected' }
  /** `planned` when the server had announced the end of the stream: nothing is wrong then. */
  | {
      readonly kind: 'reconnecting';
      readonly error: RpcError;
      readonly delayMs: number;
      readonly planned: boolean;
    };

export interface ResumedDeps<Frame extends CursorFrame> {
  /** Opens the stream behind that cursor; empty for the start. */
  readonly open: (cursor: string) => AsyncIterable<Frame>;
  readonly io: Pick<Io, 'now' | 'sleep' | 'random'>;
  readonly signal: AbortSignal;
  /** What an end of the stream with OK means, when the caller had not enough by then; without it the stream is over. */
  readonly unfinished?: string;
  /** Where to begin; the start without it. Where it is not known any more the start is no replacement, and that is an error. */
  readonly cursor?: string;
}

const backoff = { baseMs: 200, capMs: 5_000 };
/** Without any frame for so long the follower gives up: longer than a rolling update or a leader's loss takes. */
const patienceMs = 60_000;
/** A reset of the stream, or a proxy that went away, is INTERNAL, UNKNOWN or CANCELLED to grpc-js, not UNAVAILABLE. */
const lost = new Set(['UNAVAILABLE', 'INTERNAL', 'UNKNOWN', 'CANCELLED', 'RESOURCE_EXHAUSTED']);

/**
 * The frames of a stream across lost connections and restarts of the executor, by cursor; the caller leaves when it has enough. Throws
 * what cannot be waited out: a refusal, silence for a minute, and at the first attempt an address where nobody listens.
 */
export async function* resumed<Frame extends CursorFrame>(
  deps: ResumedDeps<Frame>,
): AsyncGenerator<Resumed<Frame>> {
  const { open, io, signal, unfinished } = deps;
  let cursor = deps.cursor ?? '';
  let ceilingMs = 0;
  let lastFrame = io.now();
  let connected = false;
  let failure: RpcError | undefined;
  for (;;) {
    let pause: number | undefined;
    try {
      for await (const frame of open(cursor)) {
        lastFrame = io.now();
        if (failure !== undefined && connected) yield { kind: 'connected' };
        failure = undefined;
        connected = true;
        ceilingMs = 0;
        cursor = frame.cursor || cursor;
        yield { kind: 'frame', frame };
        if (frame.frame.case === 'goodbye') pause = pauseOf(frame.frame.value as Goodbye);
      }
      if (unfinished === undefined) return;
      failure = new RpcError('UNAVAILABLE', unfinished);
    } catch (error) {
      failure = RpcError.from(error);
    }
    if (signal.aborted || (isRefused(failure) && !connected)) throw failure;
    if (failure.code === 'OUT_OF_RANGE' && cursor !== '' && deps.cursor === undefined) cursor = '';
    else if (!isLost(failure) || io.now() - lastFrame > patienceMs) throw failure;
    ceilingMs = nextCeiling(ceilingMs, backoff);
    const delayMs = jittered(ceilingMs, io.random, Math.min(patienceMs, failure.retryAfterMs ?? pause ?? 0));
    yield { kind: 'reconnecting', error: failure, delayMs, planned: pause !== undefined };
    await io.sleep(delayMs, signal);
  }
}

const pauseOf = ({ retryAfter }: Goodbye): number =>
  retryAfter === undefined ? 0 : Math.max(0, durationMs(retryAfter));

/** Whether a stream may be taken up again. INTERNAL with a reason is the executor's own word, and trying again does not change it. */
export function isLost({ code, reason }: RpcError): boolean {
  return lost.has(code) && (code === 'UNAVAILABLE' || reason === '');
}
