/**
 * Exact decimal numbers: units × 10^-scale. Sums of emissions must not depend on the order in which they are added,
 * and 0.1 + 0.2 must be 0.3; binary floating point gives neither.
 * @typedef {{readonly units: bigint, readonly scale: number}} Decimal
 */

/** @type {Decimal} */
export const ZERO = Object.freeze({ units: 0n, scale: 0 });

/** More digits than any meter has; keeps a hostile "1e999999" from eating the memory. */
const MAX_EXPONENT = 30;

/**
 * @param {string} text plain or with an exponent, as spreadsheets write it
 * @returns {Decimal | undefined} undefined when it is no number of reasonable size
 */
export function parseDecimal(text) {
  const match = /^([+-]?)(\d{1,30})(?:\.(\d{1,30}))?(?:[eE]([+-]?\d{1,3}))?$/.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  if (Math.abs(Number(exponent)) > MAX_EXPONENT) return undefined;
  const magnitude = BigInt(whole + fraction);
  const scale = fraction.length - Number(exponent);
  const units = sign === '-' ? -magnitude : magnitude;
  return scale >= 0 ? { units, scale } : { units: units * 10n ** BigInt(-scale), scale: 0 };
}

/**
 * @param {Decimal} a
 * @param {Decimal} b
 * @returns {Decimal}
 */
export function add(a, b) {
  const scale = Math.max(a.scale, b.scale);
  return { units: unitsAt(a, scale) + unitsAt(b, scale), scale };
}

/**
 * @param {Decimal} a
 * @param {Decimal} b
 * @returns {Decimal}
 */
export const multiply = (a, b) => ({ units: a.units * b.units, scale: a.scale + b.scale });

/**
 * @param {Decimal} a
 * @param {Decimal} b
 * @returns {number} below, at or above zero
 */
export function compare(a, b) {
  const scale = Math.max(a.scale, b.scale);
  const difference = unitsAt(a, scale) - unitsAt(b, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/**
 * The shortest exact text: no exponent, no needless zeros.
 * @param {Decimal} value
 */
export function decimalText(value) {
  const text = fixedText(value, value.scale);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/**
 * Rounded half away from zero, for people; sums are made before, never after.
 * @param {Decimal} value
 * @param {number} places
 */
export function fixedText(value, places) {
  const magnitude = value.units < 0n ? -value.units : value.units;
  const drop = value.scale - places;
  const divisor = 10n ** BigInt(Math.max(0, drop));
  const units =
    drop > 0 ? (magnitude * 2n + divisor) / (divisor * 2n) : unitsAt({ ...value, units: magnitude }, places);
  const digits = units.toString().padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  const sign = value.units < 0n && units > 0n ? '-' : '';
  return places === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-places)}`;
}

/**
 * @param {Decimal} value
 * @param {number} scale at least the value's own
 */
const unitsAt = (value, scale) => value.units * 10n ** BigInt(scale - value.scale);
