import { integer } from './params.mjs';

/**
 * The one parameter that all row-wise agents share: it slows the work down, so that people can watch it and tests can
 * stop it half-way. It changes nothing else.
 */
export const PACE_PARAMS = Object.freeze({ pause_ms_per_row: integer({ max: 60_000, fallback: 0 }) });
