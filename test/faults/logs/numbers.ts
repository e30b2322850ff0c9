import type { StreamLogsResponse } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import type { Tally } from '../load/tally.ts';

/** Checks frames of the log of an agent that counts its lines: each number once, in order, and none left out but behind a gap. */
export interface Numbers {
  see(frame: StreamLogsResponse): void;
  /** The last number that came. */
  readonly last: number;
  /** Numbers that are missing behind gaps. */
  readonly missing: number;
  /** The stream has ended: what follows the last number is missing, too. */
  end(lines: number): void;
}

export function createNumbers(tally: Tally): Numbers {
  let last = 0;
  let missing = 0;
  let gap = false;
  const step = (number: number): void => {
    if (number <= last) tally.violation(`line ${number} came behind line ${last}`);
    if (number > last + 1 && !gap)
      tally.violation(`lines ${last + 1} to ${number - 1} are missing without a gap`);
    missing += Math.max(0, number - last - 1);
    last = Math.max(last, number);
    gap = false;
  };
  return {
    see({ frame }) {
      if (frame.case === 'gap') {
        tally.count(`gaps: ${frame.value.reason}`);
        gap = true;
      }
      if (frame.case !== 'lines') return;
      for (const { text, truncated } of frame.value.lines) {
        if (truncated) tally.violation(`a line was cut: ${text.slice(0, 80)}`);
        const number = /^probe line (\d+) /.exec(text)?.[1];
        if (number !== undefined) step(Number(number));
      }
    },
    end(lines) {
      if (last < lines) step(lines + 1);
      last = lines;
    },
    get last() {
      return last;
    },
    get missing() {
      return missing;
    },
  };
}
