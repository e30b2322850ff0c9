import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  LogGapSchema,
  LogLineSchema,
  LogSourceSchema,
  type StreamLogsResponse,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { type Context, note } from '../context.ts';
import { followLogs, type LogsRequest } from '../follow-logs.ts';
import { gapText, lineText } from '../log-text.ts';
import { printable, printableJson } from '../printable.ts';
import { plain } from '../structured.ts';

/** Shows the output of one step. A reader that is slow, such as a pager, slows down the stream and nothing else. */
export async function runLogs(context: Context): Promise<number> {
  const { io, signal, calls } = context;
  const show = context.options.output === 'json' ? showJson : showText;
  const onLost = (error: Error) => note(io, `connection lost (${printable(error.message)}); reading on`);
  for await (const frame of followLogs(requestOf(context), { calls, io, signal, onLost })) {
    show(frame, context);
    await io.stdout.drained(signal);
  }
  return 0;
}

function requestOf({ options, io }: Context): LogsRequest {
  const { follow, container, tailLines, sinceMs, limitBytes } = options.logs;
  const [key] = options.refs;
  return {
    ...(key && { key }),
    follow,
    container,
    ...(tailLines !== undefined && { tailLines }),
    ...(sinceMs !== undefined && { since: timestampFromMs(io.now() - sinceMs) }),
    ...(limitBytes !== undefined && { limitBytes: BigInt(limitBytes) }),
  };
}

function showText({ frame }: StreamLogsResponse, { io, options }: Context): void {
  if (frame.case === 'lines')
    io.stdout.write(frame.value.lines.map((line) => lineText(line, options.logs)).join(''));
  if (frame.case === 'gap') io.stderr.write(gapText(frame.value));
}

function showJson({ frame }: StreamLogsResponse, { io }: Context): void {
  const told = (what: string, value: unknown): string =>
    `${printableJson(JSON.stringify({ [what]: value }))}\n`;
  if (frame.case === 'lines')
    io.stdout.write(frame.value.lines.map((line) => told('line', plain(LogLineSchema, line))).join(''));
  if (frame.case === 'gap') io.stdout.write(told('gap', plain(LogGapSchema, frame.value)));
  if (frame.case === 'source') io.stdout.write(told('source', plain(LogSourceSchema, frame.value)));
}
