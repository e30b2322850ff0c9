/** How a quantity was written, which is how it is printed: 12Mi, 12M or 12e6. */
export type QuantityFormat = 'binarySI' | 'decimalSI' | 'decimalExponent';

declare const parsed: unique symbol;

/** An amount of a resource, exact to a billionth, that remembers the family of its suffix. */
export type Quantity = {
  readonly nano: bigint;
  readonly format: QuantityFormat;
  readonly [parsed]: true;
};

/** A quantity, or why the text is none. */
export type QuantityResult =
  | { readonly ok: true; readonly value: Quantity }
  | { readonly ok: false; readonly message: string };

/** Longer texts are refused unread: the largest quantity has 19 digits, a suffix and a sign. */
export const maxQuantityLength = 64;

const nanoPerUnit = 10n ** 9n;
const nanoPerMilli = 10n ** 6n;
const largest = (2n ** 63n - 1n) * nanoPerUnit;

// Beyond this exponent no text of `maxQuantityLength` is anything but zero, too large or less than a nano, so that
// "1e999999999" costs as little as "1e200".
const exponentBound = 200;

const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const grammar = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/;

/** A quantity from nano units, printed in the given family. Sums may exceed 2^63-1; parsing refuses such a text. */
export function quantityFromNano(nano: bigint, format: QuantityFormat = 'decimalSI'): Quantity {
  return { nano, format } as Quantity;
}

/**
 * Reads every form that Kubernetes documents: sign, decimals, n u m k M G T P E, Ki to Ei, e or E with an exponent.
 * Below a nano it rounds away from zero, as Kubernetes does. Two differences, both on purpose: a magnitude beyond 2^63-1
 * is refused where Kubernetes caps or overflows, and a text without digits ("Ki") is refused where Kubernetes reads 0.
 */
export function parseQuantity(text: string): QuantityResult {
  if (text.length > maxQuantityLength) {
    return refuse(`has ${text.length} characters; a quantity has at most ${maxQuantityLength}`);
  }
  const match = grammar.exec(text);
  if (match === null) return refuse(`${JSON.stringify(text)} is not a quantity${hint(text)}`);
  const [, sign, whole = '', decimals, bareDecimals, suffix = ''] = match;
  const fraction = decimals ?? bareDecimals ?? '';
  const scale = scaleOf(suffix);
  const power = scale.ten + 9 - fraction.length;
  const nano = BigInt(whole + fraction) * scale.factor;
  const magnitude = power >= 0 ? nano * 10n ** BigInt(power) : divideUp(nano, 10n ** BigInt(-power));
  if (magnitude > largest)
    return refuse(`${JSON.stringify(text)} is beyond 2^63-1, the most a quantity holds`);
  return { ok: true, value: quantityFromNano(sign === '-' ? -magnitude : magnitude, scale.format) };
}

/** A quantity that is known to be valid, such as a constant; throws a RangeError for any other text. */
export function quantity(text: string): Quantity {
  const result = parseQuantity(text);
  if (!result.ok) throw new RangeError(`quantity ${result.message}`);
  return result.value;
}

/**
 * Kubernetes' canonical form: no decimals, the largest suffix of the family, no sign unless negative. A binary quantity
 * below 1Ki or with a fraction of a unit is printed as a decimal one, because it would lose precision otherwise.
 */
export function printQuantity(q: Quantity): string {
  if (q.nano === 0n) return '0';
  const magnitude = q.nano < 0n ? -q.nano : q.nano;
  const sign = q.nano < 0n ? '-' : '';
  const binary =
    q.format === 'binarySI' && magnitude >= 1024n * nanoPerUnit && magnitude % nanoPerUnit === 0n;
  if (binary) {
    const { mantissa, times } = removeFactors(magnitude / nanoPerUnit, 1024n, binarySuffixes.length - 1);
    return `${sign}${mantissa}${binarySuffixes[times]}`;
  }
  const { mantissa, times } = removeFactors(magnitude, 1000n, decimalSuffixes.length - 1);
  if (q.format !== 'decimalExponent') return `${sign}${mantissa}${decimalSuffixes[times]}`;
  const exponent = 3 * times - 9;
  return `${sign}${mantissa}${exponent === 0 ? '' : `e${exponent}`}`;
}

/** Orders by amount; the way it was written plays no part. */
export function compareQuantities(a: Quantity, b: Quantity): -1 | 0 | 1 {
  if (a.nano === b.nano) return 0;
  return a.nano < b.nano ? -1 : 1;
}

/** The sum, in the family of the first, or of the second when the first is zero (as Kubernetes does). */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return quantityFromNano(a.nano + b.nano, a.nano === 0n ? b.format : a.format);
}

/** The difference, in the family of the first, or of the second when the first is zero. */
export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return addQuantities(a, quantityFromNano(-b.nano, b.format));
}

/** The product with a whole number or a quantity such as "1.5", rounded away from zero below a nano. */
export function multiplyQuantity(q: Quantity, factor: bigint | Quantity): Quantity {
  if (typeof factor === 'bigint') return quantityFromNano(q.nano * factor, q.format);
  return quantityFromNano(divideUp(q.nano * factor.nano, nanoPerUnit), q.format);
}

/** Rounds away from zero to whole thousandths (cpu) or whole units (bytes, devices). */
export function ceilQuantity(q: Quantity, to: 'milli' | 'unit' | 'byte'): Quantity {
  const step = to === 'milli' ? nanoPerMilli : nanoPerUnit;
  return quantityFromNano(divideUp(q.nano, step) * step, q.format);
}

/** Whole thousandths, rounded away from zero. */
export function milliOf(q: Quantity): bigint {
  return divideUp(q.nano, nanoPerMilli);
}

/** Whole units (bytes, devices), rounded away from zero. */
export function unitsOf(q: Quantity): bigint {
  return divideUp(q.nano, nanoPerUnit);
}

function refuse(message: string): QuantityResult {
  return { ok: false, message };
}

function scaleOf(suffix: string): { factor: bigint; ten: number; format: QuantityFormat } {
  const binary = binarySuffixes.indexOf(suffix, 1);
  if (binary > 0) return { factor: 1024n ** BigInt(binary), ten: 0, format: 'binarySI' };
  const decimal = decimalSuffixes.indexOf(suffix);
  if (decimal >= 0) return { factor: 1n, ten: 3 * decimal - 9, format: 'decimalSI' };
  const exponent = Number(suffix.slice(1));
  const ten = Math.max(-exponentBound, Math.min(exponentBound, exponent));
  return { factor: 1n, ten, format: 'decimalExponent' };
}

function divideUp(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  if (quotient * by === value) return quotient;
  return value < 0n ? quotient - 1n : quotient + 1n;
}

function removeFactors(value: bigint, factor: bigint, most: number): { mantissa: bigint; times: number } {
  let mantissa = value;
  let times = 0;
  while (times < most && mantissa % factor === 0n) {
    mantissa /= factor;
    times += 1;
  }
  return { mantissa, times };
}

function hint(text: string): string {
  if (text === '') return '; it is empty';
  if (/\s/.test(text)) return '; it contains white space';
  if (/\dK$/.test(text)) return '; write k for 1000 or Ki for 1024';
  if (/\d([kKMGTPE]i?)B$/.test(text)) return '; leave out the B';
  if (/^[+-]?\d+,\d/.test(text)) return '; the decimal mark is a point';
  return ', such as 500m, 2, 512Mi, 1.5Gi or 1e3';
}
