import { AgentError } from '../lib/agent-error.mjs';
import { add, compare, decimalText, parseDecimal, ZERO } from '../lib/decimal.mjs';

/**
 * @typedef {import('../lib/decimal.mjs').Decimal} Decimal
 * @typedef {import('./emission-lines.mjs').EmissionLine} EmissionLine
 * @typedef {{scope_1: string, scope_2: string, scope_3: string, total: string}} Split
 */

const SCOPES = /** @type {const} */ ([1, 2, 3]);

/**
 * @param {readonly EmissionLine[]} lines
 * @returns {{totals: Split, by_site: (Split & {site: string})[], by_month: (Split & {month: string})[], by_activity: (Split & {activity: string})[]}}
 */
export function totalsOf(lines) {
  const document = {
    totals: splitOf(lines),
    by_site: groupBy(lines, 'site'),
    by_month: groupBy(lines, 'month'),
    by_activity: groupBy(lines, 'activity'),
  };
  demandAgreement(document.totals, [document.by_site, document.by_month, document.by_activity]);
  return document;
}

/**
 * @template {'site' | 'month' | 'activity'} Key
 * @param {readonly EmissionLine[]} lines
 * @param {Key} key
 * @returns {any[]} in the order of the key
 */
function groupBy(lines, key) {
  const values = [...new Set(lines.map((line) => line[key]))].sort();
  return values.map((value) => ({ [key]: value, ...splitOf(lines.filter((line) => line[key] === value)) }));
}

/**
 * @param {readonly EmissionLine[]} lines
 * @returns {Split}
 */
function splitOf(lines) {
  const [scope_1, scope_2, scope_3] = SCOPES.map((scope) =>
    sumOf(lines.filter((line) => line.scope === scope)),
  );
  return {
    scope_1: text(scope_1),
    scope_2: text(scope_2),
    scope_3: text(scope_3),
    total: text(sumOf(lines)),
  };
}

/** @param {readonly EmissionLine[]} lines */
const sumOf = (lines) => sum(lines.map((line) => line.kg_co2e));

/** @param {readonly string[]} texts */
const sum = (texts) => texts.reduce((total, each) => add(total, parseDecimal(each) ?? ZERO), ZERO);

/** @param {Decimal | undefined} value */
const text = (value) => decimalText(value ?? ZERO);

/**
 * The same emissions counted in every way must be the same number, exactly. If not, the report would contradict itself.
 * @param {Split} totals
 * @param {readonly (readonly Split[])[]} groupings
 */
function demandAgreement(totals, groupings) {
  const total = parseDecimal(totals.total) ?? ZERO;
  const sums = [
    [totals.scope_1, totals.scope_2, totals.scope_3],
    ...groupings.map((g) => g.map((split) => split.total)),
  ];
  if (sums.every((texts) => compare(sum(texts), total) === 0)) return;
  throw new AgentError('output', 'TOTALS_DISAGREE', 'the totals by scope, site, month and activity differ', {
    details: { total: totals.total, sums: sums.map((texts) => decimalText(sum(texts))) },
  });
}
