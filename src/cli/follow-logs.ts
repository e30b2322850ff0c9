import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  type ExecutorService,
  StreamLogsRequestSchema,
  type StreamLogsResponse,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import type { Calls } from './client.ts';
import type { Io } from './io.ts';
import { resumed } from './resumed.ts';
import type { RpcError } from './rpc-error.ts';

export interface FollowLogsDeps {
  readonly calls: Pick<Calls<typeof ExecutorService>, 'streamLogs'>;
  readonly io: Pick<Io, 'now' | 'sleep' | 'random'>;
  readonly signal: AbortSignal;
  /** The connection is lost, and taken up again; not called where the server has announced it. */
  readonly onLost: (error: RpcError) => void;
}

export type LogsRequest = MessageInitShape<typeof StreamLogsRequestSchema> & object;

/**
 * The frames of a log to its end across lost connections and restarts of the executor, by cursor: no line twice, and no more bytes in all
 * than were asked for. Throws what `resumed` throws.
 */
export async function* followLogs(
  request: LogsRequest,
  { calls, io, signal, onLost }: FollowLogsDeps,
): AsyncGenerator<StreamLogsResponse> {
  let left = request.limitBytes;
  const open = (cursor: string) =>
    left !== undefined && left <= 0n
      ? nothing()
      : calls.streamLogs(
          create(StreamLogsRequestSchema, {
            ...request,
            cursor,
            ...(left !== undefined && { limitBytes: left }),
          }),
          { signal },
        );
  for await (const event of resumed({ open, io, signal, cursor: request.cursor ?? '' })) {
    if (event.kind === 'frame' && left !== undefined) left -= sizeOf(event.frame);
    if (event.kind === 'frame' && event.frame.frame.case !== 'goodbye') yield event.frame;
    if (event.kind === 'reconnecting' && !event.planned) onLost(event.error);
  }
}

async function* nothing(): AsyncGenerator<StreamLogsResponse> {}

/** The text of a frame in bytes, as limit_bytes counts it. */
const sizeOf = ({ frame }: StreamLogsResponse): bigint =>
  frame.case === 'lines'
    ? frame.value.lines.reduce((sum, { text }) => sum + BigInt(Buffer.byteLength(text)), 0n)
    : 0n;
