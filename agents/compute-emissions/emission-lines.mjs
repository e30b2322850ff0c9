import { AgentError } from '../lib/agent-error.mjs';
import { decimalText, multiply, parseDecimal, ZERO } from '../lib/decimal.mjs';

/**
 * @typedef {import('./activity-rows.mjs').ActivityRow} ActivityRow
 * @typedef {import('./factors.mjs').Factor} Factor
 * @typedef {{
 *   line: number, site: string, month: string, activity: string, amount: string, unit: string,
 *   scope: 1 | 2 | 3, category: string, factor_id: string, factor: string, kg_co2e: string,
 * }} EmissionLine
 */

/**
 * What one row of activity emits: one line per factor that applies, in the order of the factor set.
 * @param {ActivityRow} row
 * @param {readonly Factor[]} factors
 * @returns {EmissionLine[]}
 */
export function emissionLinesOf(row, factors) {
  const applicable = factors.filter(({ activity, unit }) => activity === row.activity && unit === row.unit);
  if (applicable.length === 0) {
    throw new AgentError('input', 'FACTOR_MISSING', `there is no factor for ${row.activity} in ${row.unit}`, {
      details: { line: row.line, activity: row.activity, unit: row.unit },
      action: 'Choose a factor set that covers the activity, or leave it out of the input.',
    });
  }
  const { line, site, month, activity, amount, unit } = row;
  return applicable.map(({ id, scope, category, value, text }) => ({
    line,
    site,
    month,
    activity,
    amount,
    unit,
    scope,
    category,
    factor_id: id,
    factor: text,
    kg_co2e: decimalText(multiply(parseDecimal(amount) ?? ZERO, value)),
  }));
}
