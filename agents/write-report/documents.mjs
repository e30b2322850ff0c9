import { AgentError } from '../lib/agent-error.mjs';
import { parseDecimal } from '../lib/decimal.mjs';

/**
 * @typedef {import('../compute-emissions/totals.mjs').Split} Split
 * @typedef {{
 *   source: import('../compute-emissions/factors.mjs').FactorSource,
 *   totals: Split,
 *   by_site: readonly (Split & {site: string})[],
 *   by_month: readonly (Split & {month: string})[],
 *   by_activity: readonly (Split & {activity: string})[],
 *   factors_used: readonly {id: string, activity: string, unit: string, scope: number, category: string, value: string}[],
 * }} Emissions
 * @typedef {{rows_total: number, rows_accepted: number, rows_rejected: number, rows_normalised: number,
 *   reasons: Readonly<Record<string, number>>}} Quality
 * @typedef {import('../lib/inputs.mjs').Input} Input
 */

/**
 * @param {Input} input
 * @returns {Emissions}
 */
export function emissionsOf(input) {
  const document = parse(input, 'emissions/v1');
  const groups = [document.by_site, document.by_month, document.by_activity];
  const isWhole =
    isSplit(document.totals) && groups.every((group) => Array.isArray(group) && group.every(isSplit));
  if (isWhole && document.source && Array.isArray(document.factors_used)) return document;
  throw invalid(input, 'its totals are not complete');
}

/**
 * @param {Input | undefined} input
 * @returns {Quality | undefined}
 */
export function qualityOf(input) {
  if (!input) return undefined;
  const document = parse(input, 'activity-quality/v1');
  if (Number.isSafeInteger(document.rows_total) && document.reasons) return document;
  throw invalid(input, 'its counts are not complete');
}

/** @param {any} split */
const isSplit = (split) =>
  ['scope_1', 'scope_2', 'scope_3', 'total'].every(
    (key) => typeof split?.[key] === 'string' && parseDecimal(split[key]),
  );

/**
 * @param {Input} input
 * @param {string} schema
 */
function parse(input, schema) {
  let document;
  try {
    document = JSON.parse(input.bytes.toString('utf8'));
  } catch (cause) {
    throw invalid(input, 'it is not JSON', cause);
  }
  if (document?.schema === schema) return document;
  throw invalid(input, `its schema is not ${schema}`);
}

/**
 * @param {Input} input
 * @param {string} reason
 * @param {unknown} [cause]
 */
const invalid = (input, reason, cause) =>
  new AgentError('input', 'DOCUMENT_INVALID', `input ${input.name} cannot be used: ${reason}`, {
    details: { name: input.name, uri: input.uri },
    cause,
  });
