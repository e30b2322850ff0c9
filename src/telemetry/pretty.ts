import type { DestinationStream } from 'pino';
import { safeLine } from './safe-line.ts';

/** JSON log lines as lines for people: time, level, message, then the fields. Text from outside stays quoted, so no line is forged. */
export function prettyDestination(output: DestinationStream): DestinationStream {
  return { write: (line) => output.write(prettyLine(line)) };
}

/** One line, or several where an error brings its stack. */
export function prettyLine(line: string): string {
  const { time, level, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.entries(fields).map(
    ([name, value]) => `${plain(name)}=${safeLine(JSON.stringify(value))}`,
  );
  const stack = typeof err === 'object' && err !== null ? (err as { stack?: unknown }).stack : undefined;
  const head = [String(time).slice(11, 23), String(level).toUpperCase().padEnd(5), plain(msg), ...rest].join(
    ' ',
  );
  return stack === undefined ? `${head}\n` : `${head}\n${indented(String(stack))}\n`;
}

const plain = (msg: unknown): string => safeLine(JSON.stringify(msg ?? '')).slice(1, -1);

const indented = (stack: string): string =>
  stack
    .split('\n')
    .map((frame) => `    ${plain(frame.trim())}`)
    .join('\n');
