import type { ExecutorService } from '../../gen/glip/executor/v1/executor_service_pb.js';
import type { TenantService } from '../../gen/glip/executor/v1/tenant_service_pb.js';
import { durationOfMs, formatDuration } from '../config/duration.ts';
import { jittered, nextCeiling } from '../lib/backoff.ts';
import type { CallOptions, Calls } from './client.ts';
import { type Io, textWidth, wantsColour } from './io.ts';
import type { Layout } from './layout.ts';
import type { GlipOptions } from './options.ts';
import { inColour, withoutColour } from './paint.ts';
import { printable } from './printable.ts';
import { isRefused, RpcError } from './rpc-error.ts';

/** What a command works with. */
export interface Context {
  readonly options: GlipOptions;
  readonly io: Io;
  readonly calls: Calls<typeof ExecutorService>;
  readonly tenants: Calls<typeof TenantService>;
  /** Aborted when the person wants out, or --timeout has passed. */
  readonly signal: AbortSignal;
}

/** One line on standard error. */
export function note(io: Io, text: string): void {
  io.stderr.write(`glip: ${text}\n`);
}

/** Progress goes where the result does not: to standard error when a program reads standard output. */
export function progressSink({ io, options }: Pick<Context, 'io' | 'options'>): Io['stdout'] {
  return options.output === 'text' || options.output === 'wide' ? io.stdout : io.stderr;
}

export function layoutOf(sink: Io['stdout'], { env }: Io): Layout {
  return {
    width: textWidth(sink),
    paint: wantsColour(sink, env) ? inColour : withoutColour,
    clock: (time) => new Date(time).toTimeString().slice(0, 8),
  };
}

const defaultTimeoutMs = 30_000;
const backoff = { baseMs: 250, capMs: 4_000 };

/**
 * Makes a call, again while the executor says that it is not ready: every call may be repeated. Where nothing listens it
 * does not wait, because a person has most likely forgotten to start it.
 */
export async function callWithRetry<T>(
  { io, options, signal }: Context,
  call: (options: CallOptions) => Promise<T>,
): Promise<T> {
  const end = io.now() + (options.timeoutMs ?? defaultTimeoutMs);
  let ceilingMs = 0;
  for (;;) {
    try {
      return await call({ signal, timeoutMs: Math.max(1, end - io.now()) });
    } catch (thrown) {
      const error = RpcError.from(thrown);
      ceilingMs = nextCeiling(ceilingMs, backoff);
      const delayMs = jittered(ceilingMs, io.random, error.retryAfterMs ?? 0);
      const hopeless = error.code !== 'UNAVAILABLE' || isRefused(error) || signal.aborted;
      if (hopeless || io.now() + delayMs >= end) throw error;
      const words = `${error.reason || error.code}: ${error.message}`;
      note(
        io,
        `not ready (${printable(words)}); again in ${formatDuration(durationOfMs(Math.round(delayMs)))}`,
      );
      await io.sleep(delayMs, signal);
    }
  }
}
