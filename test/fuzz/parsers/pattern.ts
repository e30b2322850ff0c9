import { matchesPattern } from '../../../src/policy/pattern.ts';
import { law, type Target } from '../target.ts';

/** The same by the letter, slowly: which beginnings of the pattern fit the text so far. */
function byTheLetter(pattern: string, text: string): boolean {
  const skipStars = (at: Set<number>): Set<number> => {
    for (const i of at) if (pattern[i] === '*') at.add(i + 1);
    return at;
  };
  let at = skipStars(new Set([0]));
  for (let k = 0; k < text.length; k++) {
    const next = new Set<number>();
    for (const i of at) {
      if (pattern[i] === '*') next.add(i);
      else if (pattern[i] === text[k]) next.add(i + 1);
    }
    at = skipStars(next);
  }
  return at.has(pattern.length);
}

/** Patterns of a policy, which somebody else's name must not slip through, nor hang. */
export const patternOf: Target = {
  name: 'patterns of a policy',
  weight: 4,
  samples: ['spiffe://prod/*|spiffe://prod/a', '*|x', 'a*b*c|aXbYc', 'acme-*|acme-', '**|'],
  words: ['*', '**', '|', '.', '.*', '[a-z]', '(a+)+', '$', '^', 'a'.repeat(40)],
  run(input) {
    const [pattern = '', ...rest] = input.split('|');
    const text = rest.join('|');
    // What the slow way cannot do in time proves nothing.
    if (pattern.length * text.length > 20_000) return matchesPattern(pattern, text);
    const found = matchesPattern(pattern, text);
    law(found === byTheLetter(pattern, text), `${pattern} ${found ? 'fits' : 'does not fit'} ${text}`);
    return found;
  },
};
