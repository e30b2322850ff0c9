import { decimalText, multiply } from '../lib/decimal.mjs';
import { activityOf, isMeasuredIn, unitOf } from './activities.mjs';
import { parseAmount } from './amounts.mjs';
import { parseActivityDate } from './dates.mjs';

/**
 * @typedef {{line: number, site: string, date: string, activity: string, amount: string, unit: string, reference: string}} RawRow
 * @typedef {RawRow & {month: string, changes: string[]}} CleanRow
 * @typedef {{line: number, reasons: string[], duplicate_of?: number, raw: RawRow}} RejectedRow
 * @typedef {{date_order: 'dmy' | 'mdy', period_start: string | null, period_end: string | null}} Rules
 */

/** A name, not a formula or markup: it ends up in spreadsheets and pages. */
const SITE = /^[\p{L}\p{N}][\p{L}\p{N} .,&'()/-]{0,79}$/u;

/**
 * Normalises one row, or says everything that is wrong with it. Duplicates are not its business: it sees one row.
 * @param {RawRow} raw
 * @param {Rules} rules
 * @returns {{clean: CleanRow} | {rejected: RejectedRow}}
 */
export function cleanRow(raw, rules) {
  const site = siteName(raw.site);
  const date = parseActivityDate(raw.date.trim(), rules.date_order);
  const activity = activityOf(raw.activity);
  const amount = parseAmount(raw.amount);
  const unit = unitOf(raw.unit);
  const reasons = [
    raw.site.trim() === '' ? 'SITE_MISSING' : SITE.test(site) ? '' : 'SITE_INVALID',
    raw.date.trim() === '' ? 'DATE_MISSING' : date ? periodProblem(date, rules) : 'DATE_INVALID',
    raw.activity.trim() === '' ? 'ACTIVITY_MISSING' : activity ? '' : 'ACTIVITY_UNKNOWN',
    'reason' in amount ? amount.reason : '',
    raw.unit.trim() === '' ? 'UNIT_MISSING' : unit ? '' : 'UNIT_UNKNOWN',
    activity && unit && !isMeasuredIn(activity, unit.unit) ? 'UNIT_DOES_NOT_FIT' : '',
  ].filter((reason) => reason !== '');
  if (reasons.length > 0 || !date || !activity || !unit || 'reason' in amount) {
    return { rejected: { line: raw.line, reasons, raw } };
  }
  const values = {
    site,
    date,
    activity,
    amount: decimalText(multiply(amount.value, unit.times)),
    unit: unit.unit,
    reference: raw.reference.trim(),
  };
  return { clean: { line: raw.line, ...values, month: date.slice(0, 7), changes: changesOf(raw, values) } };
}

/**
 * What makes two rows the same fact. Two deliveries on one day have two references.
 * @param {CleanRow} row
 */
export const identityOf = (row) =>
  JSON.stringify([row.site, row.date, row.activity, row.amount, row.unit, row.reference.toLowerCase()]);

/** @param {string} text */
function siteName(text) {
  const words = text.trim().toLowerCase().split(/\s+/);
  return words.map((word) => word.replace(/^\p{L}/u, (letter) => letter.toUpperCase())).join(' ');
}

/**
 * @param {string} date
 * @param {Rules} rules
 */
function periodProblem(date, { period_start: start, period_end: end }) {
  return (start !== null && date < start) || (end !== null && date > end) ? 'DATE_OUTSIDE_PERIOD' : '';
}

/**
 * The columns whose text is not what was delivered, for the quality summary. Our own spelling of a word that was
 * right ("Natural Gas", "kwh") is no change.
 * @param {RawRow} raw
 * @param {Omit<RawRow, 'line'>} values
 */
function changesOf(raw, values) {
  const exact = /** @type {const} */ (['site', 'date', 'amount']).filter(
    (column) => raw[column] !== values[column],
  );
  const folded = /** @type {const} */ (['activity', 'unit']).filter(
    (c) => folding(raw[c]) !== folding(values[c]),
  );
  return [...exact, ...folded];
}

/** @param {string} text */
const folding = (text) => text.toLowerCase().replace(/[\s_-]/g, '');
