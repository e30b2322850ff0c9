import { isTooFarOff, type OffsetBounds, offsetInWords } from '../../lib/clock-offset.ts';
import type { Check } from './check.ts';

/** Whether timeouts and graces, which compare the cluster's times with this machine's, can be believed from here. */
export function checkClock(offset: OffsetBounds | undefined): Check {
  const name = 'clock';
  if (offset === undefined) {
    const remedy = "compare this machine's clock with the control plane's yourself";
    return { name, status: 'warn', what: 'the API server does not tell its time', remedy };
  }
  const what = `this clock is ${offsetInWords(offset)} the API server's`;
  if (!isTooFarOff(offset)) return { name, status: 'ok', what };
  return { name, status: 'warn', what, remedy: clockRemedy };
}

/** What to do about clocks that are too far apart. */
export const clockRemedy =
  'let NTP or chrony set the clocks of the control plane, the nodes and this machine; until then timeouts and graces are off by as much';
