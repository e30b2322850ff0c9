/** When somebody looked at the cluster, and when nobody did. Times are milliseconds of one clock. */
export interface Attendance {
  /** Somebody begins to look. */
  up(now: number): void;
  /** Somebody has stopped. */
  down(now: number): void;
  /** Whether there was a moment in that time, ends included, in which nobody looked. */
  gapWithin(from: number, to: number): boolean;
  /** All gaps together so far. */
  unattendedMs(now: number): number;
}

export function createAttendance(began: number): Attendance {
  const gaps: { readonly from: number; to: number }[] = [{ from: began, to: Number.POSITIVE_INFINITY }];
  let looking = 0;
  return {
    up(now) {
      looking += 1;
      const open = gaps.at(-1);
      if (looking === 1 && open !== undefined) open.to = now;
    },
    down(now) {
      looking -= 1;
      if (looking === 0) gaps.push({ from: now, to: Number.POSITIVE_INFINITY });
    },
    gapWithin: (from, to) => gaps.some((gap) => gap.from <= to && gap.to >= from),
    unattendedMs: (now) => gaps.reduce((sum, { from, to }) => sum + Math.min(to, now) - from, 0),
  };
}
