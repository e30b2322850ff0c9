import { PACE_PARAMS } from '../lib/pace.mjs';
import { oneOf, ratio, text } from '../lib/params.mjs';
import { runAgent } from '../lib/run-agent.mjs';
import { eachRow } from '../lib/stop.mjs';
import { cleanRow, identityOf } from './clean-row.mjs';
import { demandQuality, qualityOf } from './quality.mjs';
import { artifactsOf, rawRowsOf } from './tables.mjs';

/** @typedef {import('./tables.mjs').Cleaned} Cleaned */

const DAY = { pattern: /^\d{4}-\d{2}-\d{2}$/, hint: 'a day as YYYY-MM-DD', fallback: null };

await runAgent({
  name: 'DEMO.ACTIVITY.Clean',
  version: '1.0.0',
  inputs: { activity: { required: true }, checkpoint: { required: false } },
  output: 'cleaned',
  params: {
    ...PACE_PARAMS,
    date_order: oneOf(['dmy', 'mdy'], 'dmy'),
    period_start: text(DAY),
    period_end: text(DAY),
    max_rejected_ratio: ratio({ fallback: 0.5 }),
  },
  work: async (step) => {
    const raw = rawRowsOf(/** @type {import('../lib/inputs.mjs').Input} */ (step.inputs.activity).bytes);
    /** @type {Cleaned & {next: number}} */
    const state = step.resumeFrom ?? { next: 0, rows: [], rejected: [] };
    const seen = new Map(state.rows.map((row) => [identityOf(row), row.line]));
    await eachRow(
      step,
      raw,
      state.next,
      (row, index) => keep(state, seen, row, step.params, index),
      () => state,
    );
    const quality = qualityOf(state);
    demandQuality(quality, step.params.max_rejected_ratio);
    const { rows_total, rows_accepted, rows_rejected, rows_normalised } = quality;
    return {
      artifacts: artifactsOf(state, quality),
      counts: { rows_total, rows_accepted, rows_rejected, rows_normalised },
    };
  },
});

/**
 * @param {Cleaned & {next: number}} state
 * @param {Map<string, number>} seen the line of each accepted fact
 * @param {import('./clean-row.mjs').RawRow} row
 * @param {Readonly<Record<string, any>>} rules
 * @param {number} index
 */
function keep(state, seen, row, rules, index) {
  state.next = index + 1;
  const outcome = cleanRow(row, /** @type {import('./clean-row.mjs').Rules} */ (rules));
  if ('rejected' in outcome) {
    state.rejected.push(outcome.rejected);
    return;
  }
  const identity = identityOf(outcome.clean);
  const first = seen.get(identity);
  if (first !== undefined) {
    state.rejected.push({ line: row.line, reasons: ['DUPLICATE'], duplicate_of: first, raw: row });
    return;
  }
  seen.set(identity, row.line);
  state.rows.push(outcome.clean);
}
