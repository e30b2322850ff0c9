/** What an executor says of its view: it holds everything that was true `ageMs` before `time`. */
export interface Claim {
  readonly time: number;
  /** Infinity where it claims nothing. */
  readonly ageMs: number;
}

export interface Judged {
  /** Age of the oldest write that the view lacked at that time; 0 when it lacked none. */
  readonly trueMs: number;
  /** What is wrong with the claim. */
  readonly wrong: string | undefined;
}

/** Compares what is claimed of a view with what was written past it. Times are milliseconds of one clock. */
export interface Ledger {
  /** The write of this number was acknowledged at that time. Numbers grow. */
  wrote(number: number, acknowledgedAt: number): void;
  /** The view shows this number; returns what is wrong with that. */
  saw(number: number): string | undefined;
  judge(claim: Claim): Judged;
}

export function createLedger(): Ledger {
  /** Writes that were not seen yet, oldest first. */
  let open: { readonly number: number; readonly at: number }[] = [];
  let seen = 0;
  return {
    wrote(number, at) {
      // Its frame may overtake the answer to the write.
      if (number > seen) open.push({ number, at });
    },
    saw(number) {
      if (number < seen) return `the view went back from ${seen} to ${number}`;
      seen = number;
      open = open.filter((write) => write.number > number);
      return undefined;
    },
    judge({ time, ageMs }) {
      const oldest = open.find((write) => write.at < time);
      const trueMs = oldest === undefined ? 0 : time - oldest.at;
      if (oldest === undefined || ageMs >= trueMs) return { trueMs, wrong: undefined };
      return { trueMs, wrong: `claims ${ageMs} ms, and lacks write ${oldest.number} of ${trueMs} ms ago` };
    },
  };
}
