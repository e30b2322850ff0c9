import type { Sink } from './io.ts';

/** A text that takes the place of the one before it, on a terminal. */
export interface LiveText {
  /** Lines that each end with a newline; those that do not fit on the screen are left out at the end, and counted. */
  show(text: string): void;
}

const up = (lines: number): string => (lines === 0 ? '' : `\u001b[${lines}A`);
const clearBelow = '\u001b[0J';
/** For a terminal that does not tell its height. */
const usualRows = 24;

/** Writes over what it wrote before. Lines must fit into the width of the terminal. */
export function createLiveText(sink: Pick<Sink, 'write' | 'rows'>): LiveText {
  let shown = 0;
  return {
    show(text) {
      const lines = text.split('\n').slice(0, -1);
      const room = Math.max(3, (sink.rows || usualRows) - 1);
      const hidden = lines.length - room;
      const fit = hidden <= 0 ? lines : [...lines.slice(0, room - 1), `… and ${hidden + 1} more`];
      // In one write, so that nobody sees half of it.
      sink.write(`${up(shown)}\r${clearBelow}${fit.map((line) => `${line}\n`).join('')}`);
      shown = fit.length;
    },
  };
}
