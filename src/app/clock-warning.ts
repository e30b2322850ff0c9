import { clockRemedy } from '../cli/check/clock.ts';
import { isTooFarOff, type OffsetBounds, offsetInWords } from '../lib/clock-offset.ts';
import type { Logger } from '../telemetry/logger.ts';

/** Warns once in the life of the process when the clocks are proven to be too far apart; the metric goes on telling. */
export function createClockWarning(logger: Pick<Logger, 'warn'>): (offset: OffsetBounds) => void {
  let warned = false;
  return (offset) => {
    if (warned || !isTooFarOff(offset)) return;
    warned = true;
    const offsetSeconds = (offset.least + offset.most) / 2_000;
    const what = `the executor's clock is ${offsetInWords(offset)} the API server's: ${clockRemedy}`;
    logger.warn({ offsetSeconds }, what);
  };
}
