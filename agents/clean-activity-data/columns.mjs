import { AgentError } from '../lib/agent-error.mjs';

/** @typedef {'site' | 'date' | 'activity' | 'amount' | 'unit' | 'reference'} Column */

/** Headers as they come out of utility portals, fuel cards and travel desks. @type {Record<Column, string[]>} */
const HEADERS = {
  site: ['site', 'location', 'facility'],
  date: ['date', 'period end', 'invoice date'],
  activity: ['activity', 'activity type', 'fuel'],
  amount: ['amount', 'quantity', 'consumption'],
  unit: ['unit', 'units', 'uom'],
  reference: ['reference', 'invoice', 'invoice ref'],
};

/** Nothing can be computed without these. The reference only helps to tell a duplicate from a second delivery. */
const OPTIONAL = new Set(['reference']);

/**
 * @param {readonly string[]} header
 * @returns {Map<Column, number>} the index of each column that is there
 */
export function columnsOf(header) {
  const titles = header.map((title) =>
    title
      .trim()
      .toLowerCase()
      .replace(/[\s_]+/g, ' '),
  );
  const found = Object.entries(HEADERS).map(
    ([column, names]) =>
      /** @type {[Column, number]} */ ([column, titles.findIndex((title) => names.includes(title))]),
  );
  const missing = found
    .filter(([column, index]) => index < 0 && !OPTIONAL.has(column))
    .map(([column]) => column);
  if (missing.length === 0) return new Map(found.filter(([, index]) => index >= 0));
  throw new AgentError('input', 'COLUMNS_MISSING', `the input has no column for ${missing.join(', ')}`, {
    details: { missing, found: titles },
    action: 'Name the columns site, date, activity, amount and unit.',
  });
}
