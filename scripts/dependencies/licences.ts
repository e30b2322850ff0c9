/** Licences of what is shipped: they ask for their text and a name, and nothing of our own code. */
export const shippedLicences: readonly string[] = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'PSF-2.0',
  'Unlicense',
];

/** What only builds and tests may have beside these: MPL-2.0 asks for changes of its own files alone, and we ship none. */
export const toolLicences: readonly string[] = [...shippedLicences, 'MPL-2.0'];

/**
 * Whether an SPDX expression leaves a choice that is allowed: one side of OR, both sides of AND. Anything that cannot be read,
 * `SEE LICENSE IN …` or `WITH …` among it, is not allowed: somebody has to look.
 */
export function isAllowed(expression: string, allowed: readonly string[]): boolean {
  const words = expression.match(/\(|\)|[^\s()]+/g) ?? [];
  let at = 0;

  const one = (): boolean => {
    const word = words[at++];
    if (word !== '(') return word !== undefined && allowed.includes(word);
    const inner = either();
    return words[at++] === ')' && inner;
  };
  const both = (): boolean => {
    let good = one();
    while (words[at] === 'AND') {
      at += 1;
      good = one() && good;
    }
    return good;
  };
  const either = (): boolean => {
    let good = both();
    while (words[at] === 'OR') {
      at += 1;
      good = both() || good;
    }
    return good;
  };

  const good = either();
  return good && at === words.length;
}
