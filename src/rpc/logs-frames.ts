import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { TimestampSchema } from '@bufbuild/protobuf/wkt';
import {
  type LogLine,
  LogLineSchema,
  type StreamLogsResponse,
  StreamLogsResponseSchema,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import { gapMessages, type LogEvent, type TimedLine } from '../logs/events.ts';
import type { LogTime } from '../logs/log-time.ts';
import { printPosition } from '../logs/position.ts';
import { goodbye, heartbeat, type StreamFramesDeps } from './stream-frames.ts';

type FrameInit = NonNullable<(MessageInitShape<typeof StreamLogsResponseSchema> & object)['frame']>;

const timeToProto = ({ seconds, nanos }: LogTime) =>
  create(TimestampSchema, { seconds: BigInt(seconds), nanos });

const lineToProto = ({ time, text, truncated }: TimedLine): LogLine =>
  create(LogLineSchema, { time: timeToProto(time), text, truncated });

/** Frames of StreamLogs. */
export function createLogsFrames(deps: StreamFramesDeps) {
  const make = (frame: FrameInit, cursor: string): StreamLogsResponse =>
    create(StreamLogsResponseSchema, { frame, cursor });
  const frameOf = (event: LogEvent): FrameInit => {
    switch (event.kind) {
      case 'source':
        return { case: 'source', value: { pod: event.pod, container: event.container } };
      case 'lines':
        return { case: 'lines', value: { lines: event.lines.map(lineToProto) } };
      case 'gap': {
        const { reason, after } = event;
        const value = { reason, message: gapMessages[reason], ...(after && { after: timeToProto(after) }) };
        return { case: 'gap', value };
      }
      case 'quiet':
        return { case: 'heartbeat', value: heartbeat(deps) };
      default: {
        const never: never = event;
        return never;
      }
    }
  };
  return {
    of: (event: LogEvent, cursor: string): StreamLogsResponse => make(frameOf(event), cursor),
    cursorOf: ({ position }: LogEvent): string | undefined => position && printPosition(position),
    goodbye: (reason: string, cursor: string) => make({ case: 'goodbye', value: goodbye(reason) }, cursor),
  };
}
