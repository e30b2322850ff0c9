import { randomInt } from 'node:crypto';

/** Kubernetes' own alphabet: no vowels, and none of the digits that look like letters. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const LONGEST_GENERATED_BASE = 58;

/** Name for an object with a generateName: the prefix and five random characters, at most 63 in all. */
export function generateName(prefix: string): string {
  let suffix = '';
  for (let index = 0; index < 5; index += 1) suffix += ALPHABET.charAt(randomInt(ALPHABET.length));
  return prefix.slice(0, LONGEST_GENERATED_BASE) + suffix;
}
