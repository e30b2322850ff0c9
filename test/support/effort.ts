/**
 * How many times as long `work` takes as `other`, by the shortest of several runs of each, in turn: the machine may be slow or busy with
 * other things, and both are then.
 */
export function timesAsLongAs(other: () => unknown, work: () => unknown, rounds = 15): number {
  const best = { other: Number.POSITIVE_INFINITY, work: Number.POSITIVE_INFINITY };
  const time = (run: () => unknown): number => {
    const start = performance.now();
    run();
    return performance.now() - start;
  };
  for (let round = 0; round < rounds; round += 1) {
    best.other = Math.min(best.other, time(other));
    best.work = Math.min(best.work, time(work));
  }
  // Below a microsecond the timer itself is measured.
  return best.work / Math.max(best.other, 0.001);
}

/** What four times as much may take: four times as long, and as much again and more for chance; with the square it would be sixteen times. */
export const linear = 12;
