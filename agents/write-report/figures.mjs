import { fixedText, multiply, parseDecimal, ZERO } from '../lib/decimal.mjs';

/** @typedef {import('../lib/decimal.mjs').Decimal} Decimal */

/** @type {Decimal} */
const PER_THOUSAND = { units: 1n, scale: 3 };

/**
 * @param {string} text
 * @returns {Decimal}
 */
export const decimal = (text) => parseDecimal(text) ?? ZERO;

/**
 * Kilograms as tonnes with three places and thousands separators, the way such reports are read.
 * @param {string} kg
 */
export function tonnes(kg) {
  const [whole = '', fraction = ''] = fixedText(multiply(decimal(kg), PER_THOUSAND), 3).split('.');
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${fraction}`;
}

/**
 * @param {string} part
 * @param {string} whole
 * @returns {string} "12.3 %"
 */
export const share = (part, whole) =>
  `${fixedText({ units: fraction(part, whole, 100_000n), scale: 3 }, 1)} %`;

/**
 * The part in units of 1/steps of the whole, rounded down: exact, so that a picture has the same bytes everywhere.
 * @param {string} part
 * @param {string} whole
 * @param {bigint} steps
 */
export function fraction(part, whole, steps) {
  const [a, b] = [decimal(part), decimal(whole)];
  if (b.units === 0n) return 0n;
  const scale = Math.max(a.scale, b.scale);
  const units = (/** @type {Decimal} */ value) => value.units * 10n ** BigInt(scale - value.scale);
  return (units(a) * steps) / units(b);
}
