import { parseDecimal } from '../lib/decimal.mjs';

/** @typedef {import('../lib/decimal.mjs').Decimal} Decimal */

/** What people type instead of leaving a cell empty. */
const MISSING = new Set(['', '-', '–', 'n/a', 'na', 'nil', 'null', 'tbc', 'tba', '?', '#n/a']);

/**
 * Reads an amount as spreadsheets and people write it, without ever going through floating point.
 * @param {string} text
 * @returns {{value: Decimal} | {reason: string}}
 */
export function parseAmount(text) {
  const trimmed = text.trim();
  if (MISSING.has(trimmed.toLowerCase())) return { reason: 'AMOUNT_MISSING' };
  // Accountants write a negative in brackets.
  const bracketed = /^\((.*)\)$/.exec(trimmed)?.[1];
  const plain = withoutGrouping((bracketed ?? trimmed).replace(/[\s\u00A0\u202F'’]/g, ''));
  const value = parseDecimal(plain);
  if (!value) return { reason: 'AMOUNT_INVALID' };
  return value.units < 0n || bracketed !== undefined ? { reason: 'AMOUNT_NEGATIVE' } : { value };
}

/**
 * Takes thousands separators out. A lone comma before exactly three digits groups (the sites are British); any other
 * lone comma is a decimal one. Where both signs occur, the last is the decimal one.
 * @param {string} text
 */
function withoutGrouping(text) {
  if (/^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text)) return text.replaceAll(',', '');
  if (/^[+-]?\d{1,3}(\.\d{3})+,\d+$/.test(text)) return text.replaceAll('.', '').replace(',', '.');
  if (/^[+-]?\d+,\d+$/.test(text)) return text.replace(',', '.');
  return text;
}
