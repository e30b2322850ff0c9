import type { Paint } from './paint.ts';
import { ellipsis, length, wrapWords } from './paragraph.ts';
import type { ProgressLine } from './progress.ts';

const labelWidth = 15;
const gap = '   ';

/** How lines are put on a terminal. */
export interface Layout {
  readonly width: number;
  readonly paint: Paint;
  /** Time of day for a person. */
  readonly clock: (time: number) => string;
}

/** `14:03:07  RUNNING          text`, wrapped under its column; each line ends with a newline. */
export function layProgress(line: ProgressLine, { width, paint, clock }: Layout, prefix = ''): string {
  const time = (line.time === undefined ? '' : clock(line.time)).padEnd(8);
  const names = Math.min(20, Math.max(8, width - 60));
  const who = prefix === '' ? '' : `${pad(ellipsis(prefix, names), names)}  `;
  const indent = 8 + 2 + length(who) + labelWidth + 2;
  const label = paint(line.label, line.tone) + ' '.repeat(Math.max(0, labelWidth - line.label.length));
  return layHanging(`${paint(time, 'faint')}  ${who}${label}  `, line.text, indent, width);
}

/** A text behind its head, wrapped under its own column, which is `indent` wide; each line ends with a newline. */
export function layHanging(head: string, text: string, indent: number, width: number): string {
  const [first = '', ...more] = wrapWords(text, Math.max(20, width - indent));
  return [head + first, ...more.map((line) => ' '.repeat(indent) + line)]
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/**
 * A table with a head; columns are as wide as their widest cell. Where that is more than `width`, the last column gives
 * way, then the middle of the first; without a width nothing does, for programs that read it.
 */
export function layTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number | undefined,
): string {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => length(row[i] ?? ''))));
  const last = head.length - 1;
  if (width !== undefined) {
    for (const [i, least] of [
      [last, 8],
      [0, 12],
      // On a terminal of 40 columns.
      [last, 4],
      [0, 6],
    ] as const) {
      const excess = widths.reduce((sum, one) => sum + one, last * gap.length) - width;
      const own = widths[i] ?? 0;
      if (excess > 0) widths[i] = Math.max(Math.min(own, least), own - excess);
    }
  }
  const cell = (text: string, i: number) => pad(ellipsis(text, widths[i] ?? 0), widths[i] ?? 0);
  return all.map((row) => `${row.map(cell).join(gap).trimEnd()}\n`).join('');
}

/** `Name:  text` lines for one thing, the names as one column. */
export function layFields(fields: readonly (readonly [string, string])[], width: number): string {
  const shown = fields.filter(([, text]) => text !== '');
  const indent = Math.max(...shown.map(([name]) => name.length)) + 3;
  return shown.map(([name, text]) => layHanging(`${name}:`.padEnd(indent), text, indent, width)).join('');
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - length(text)));
}
