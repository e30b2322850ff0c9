import type { Timestamp } from '@bufbuild/protobuf/wkt';
import type { LogGap, LogLine } from '../../gen/glip/executor/v1/executor_service_pb.js';
import { printable } from './printable.ts';

/** A line for a terminal, with its end. Tabs stay: they do no harm, and tables are made of them. */
export function lineText(
  { time, text, truncated }: LogLine,
  { timestamps, raw }: { readonly timestamps: boolean; readonly raw: boolean },
): string {
  const shown = raw ? text : text.replace(/\r$/, '').split('\t').map(printable).join('\t');
  const mark = truncated ? '…' : '';
  return `${timestamps && time !== undefined ? `${timeText(time)} ` : ''}${shown}${mark}\n`;
}

/** Where lines are missing, for people. */
export function gapText({ after, reason, message }: LogGap): string {
  const since = after === undefined ? '' : ` after ${timeText(after)}`;
  return `--- lines may be missing here${since} (${printable(reason)}): ${printable(message)} ---\n`;
}

/** As the API server writes it, to the nanosecond. */
function timeText({ seconds, nanos }: Timestamp): string {
  const second = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${second}.${String(nanos).padStart(9, '0')}Z`;
}
