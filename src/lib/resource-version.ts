const DECIMAL = /^[0-9]+$/;

/**
 * Compares two resourceVersions as the decimal integers that KEP-5504 makes them: negative, 0 or positive. Undefined
 * when one of them is not such a number, and then nothing may be concluded.
 */
export function compareVersions(a: string, b: string): number | undefined {
  if (a === b) return 0;
  if (!DECIMAL.test(a) || !DECIMAL.test(b)) return undefined;
  const [x, y] = [stripZeros(a), stripZeros(b)];
  if (x.length !== y.length) return x.length - y.length;
  return x < y ? -1 : x > y ? 1 : 0;
}

const stripZeros = (digits: string): string => digits.replace(/^0+(?=.)/, '');

/** True when a view that has reached `have` contains everything up to `wanted`. False when that cannot be told. */
export function hasReached(have: string, wanted: string): boolean {
  const order = compareVersions(have, wanted);
  return order !== undefined && order >= 0;
}
