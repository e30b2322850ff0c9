import type { Change } from './change-log.ts';

/** What one reader of a log has been told, without a list of it. */
export interface Progress {
  /** Everything up to a sequence number is in the reader's hands, at a time when the log had come to `head`. */
  read(head: number, upTo: number): void;
  /** Whether the reader has the step's change before this one: then it has everything but what this one tells. */
  hasPrevious(change: Change): boolean;
}

interface Read {
  readonly head: number;
  readonly upTo: number;
}

/**
 * A change is found where it stands now, and the one before has left its place when this one came. The reader has that one if it had
 * read past its place by then, so the reads since are kept: none for a reader that keeps up, one for each batch of what it is behind.
 */
export function createProgress(): Progress {
  let reads: readonly Read[] = [];
  return {
    read(head, upTo) {
      // What is asked about from now on stands behind the read before, so of the reads that it came after the last one is enough.
      const from = reads.at(-1)?.upTo ?? 0;
      const enough = reads.findLastIndex((read) => read.head <= from);
      reads = [...reads.slice(Math.max(0, enough)), { head, upTo }];
    },
    hasPrevious({ sequence, previous }) {
      return previous <= (reads.findLast((read) => read.head < sequence)?.upTo ?? 0);
    },
  };
}
