import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { durationMs } from '@bufbuild/protobuf/wkt';
import {
  type ExecutorService,
  StreamLogsRequestSchema,
  type StreamLogsResponse,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import { jittered, nextCeiling } from '../lib/backoff.ts';
import type { Calls } from './client.ts';
import type { Io } from './io.ts';
import { isLost } from './resumed.ts';
import { isRefused, RpcError } from './rpc-error.ts';

export interface FollowLogsDeps {
  readonly calls: Pick<Calls<typeof ExecutorService>, 'streamLogs'>;
  readonly io: Pick<Io, 'now' | 'sleep' | 'random'>;
  readonly signal: AbortSignal;
  /** The connection is lost, and taken up again; not called where the server has announced it. */
  readonly onLost: (error: RpcError) => void;
}

export type LogsRequest = MessageInitShape<typeof StreamLogsRequestSchema> & object;

const backoff = { baseMs: 200, capMs: 5_000 };
/** Without any frame for so long the reader gives up. */
const patienceMs = 60_000;

/**
 * The frames of a log to its end across lost connections and restarts of the executor, by cursor: no line twice. Throws what cannot be
 * waited out, and at the first attempt where nobody listens.
 */
export async function* followLogs(
  request: LogsRequest,
  { calls, io, signal, onLost }: FollowLogsDeps,
): AsyncGenerator<StreamLogsResponse> {
  let cursor = request.cursor ?? '';
  let ceilingMs = 0;
  let lastFrame = io.now();
  let connected = false;
  for (;;) {
    let pause: number | undefined;
    let failure: RpcError;
    try {
      const message = create(StreamLogsRequestSchema, { ...request, cursor });
      for await (const response of calls.streamLogs(message, { signal })) {
        lastFrame = io.now();
        connected = true;
        ceilingMs = 0;
        cursor = response.cursor || cursor;
        const { frame } = response;
        if (frame.case === 'goodbye')
          pause = frame.value.retryAfter === undefined ? 0 : Math.max(0, durationMs(frame.value.retryAfter));
        else yield response;
      }
      return;
    } catch (error) {
      failure = RpcError.from(error);
    }
    const hopeless = !isLost(failure) || io.now() - lastFrame > patienceMs;
    if (signal.aborted || hopeless || (isRefused(failure) && !connected)) throw failure;
    if (pause === undefined) onLost(failure);
    ceilingMs = nextCeiling(ceilingMs, backoff);
    const floorMs = Math.min(patienceMs, failure.retryAfterMs ?? pause ?? 0);
    await io.sleep(jittered(ceilingMs, io.random, floorMs), signal);
  }
}
