import { until as untilWithin } from './control-plane/until.ts';

/** Asks until the answer is neither undefined nor false; the bound is for a machine that is very busy. */
export function until<T>(what: string, ask: () => T | Promise<T>): Promise<Exclude<T, undefined | false>> {
  return untilWithin(what, ask, { timeoutMs: 60_000, everyMs: 20 });
}
