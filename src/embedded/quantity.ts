/** A Kubernetes quantity, exact: a number of billionths, and the family its suffix belongs to. */
export type Quantity = { readonly nanos: bigint; readonly binary: boolean };

const NANO = 1_000_000_000n;
const BINARY: Readonly<Record<string, bigint>> = {
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
  Pi: 1n << 50n,
  Ei: 1n << 60n,
};
const DECIMAL: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const FORM =
  /^([+-]?)([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:(Ki|Mi|Gi|Ti|Pi|Ei)|([numkMGTPE]?)|[eE]([+-]?[0-9]{1,3}))$/;

export const zero: Quantity = { nanos: 0n, binary: false };

/** Rounds away from zero, as the real type does below a billionth. */
function divide(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}

/** The quantity that a text stands for, or undefined when it is none. */
export function parseQuantity(text: unknown): Quantity | undefined {
  const match = FORM.exec(typeof text === 'number' ? String(text) : typeof text === 'string' ? text : '');
  if (match === null) return undefined;
  const [, sign, number = '', binarySuffix, decimalSuffix, exponent] = match;
  const [whole = '', fraction = ''] = number.split('.');
  const digits = BigInt(`${whole}${fraction}` || '0');
  const power =
    (exponent === undefined ? (DECIMAL[decimalSuffix ?? ''] ?? 0) : Number(exponent)) - fraction.length;
  const unit = (binarySuffix === undefined ? 1n : (BINARY[binarySuffix] ?? 1n)) * NANO;
  const scaled =
    power >= 0 ? digits * unit * 10n ** BigInt(power) : divide(digits * unit, 10n ** BigInt(-power));
  return { nanos: sign === '-' ? -scaled : scaled, binary: binarySuffix !== undefined };
}

/** A text already validated; anything else counts as nothing. */
export function quantityOf(text: unknown): Quantity {
  return parseQuantity(text) ?? zero;
}

/** The sum keeps the family of the first operand that is not zero. */
export function addQuantities(left: Quantity, right: Quantity): Quantity {
  return { nanos: left.nanos + right.nanos, binary: left.nanos === 0n ? right.binary : left.binary };
}

function withSuffix(value: bigint, suffixes: readonly (readonly [string, bigint])[]): string | undefined {
  const found = suffixes.find(([, size]) => value % size === 0n);
  return found === undefined ? undefined : `${value / found[1]}${found[0]}`;
}

const BINARY_DOWN = Object.entries(BINARY).reverse();
const DECIMAL_DOWN = Object.entries(DECIMAL)
  .reverse()
  .sort(([, left], [, right]) => right - left)
  .map(([suffix, power]) => [suffix, 10n ** BigInt(power + 9)] as const);

/** The canonical text: no fraction, and the largest suffix that divides. */
export function formatQuantity({ nanos, binary }: Quantity): string {
  if (nanos === 0n) return '0';
  if (binary && nanos % NANO === 0n) return withSuffix(nanos / NANO, BINARY_DOWN) ?? String(nanos / NANO);
  return withSuffix(nanos, DECIMAL_DOWN) ?? `${nanos}n`;
}

/** Whole units, rounded up: bytes of a memory limit, for instance. */
export function wholeUnits(quantity: Quantity): number {
  return Number(divide(quantity.nanos, NANO));
}
