import { describe, expect, test } from 'vitest';
import { isDnsLabel, isLabelKey, isLabelValue, isSubdomain } from '../../../src/lib/label-syntax.ts';
import { linear, timesAsLongAs } from '../../support/effort.ts';

type Case = {
  readonly is: (text: string) => boolean;
  readonly yes: readonly string[];
  readonly no: readonly string[];
};

const cases: Readonly<Record<string, Case>> = {
  'a DNS label': {
    is: isDnsLabel,
    yes: ['a', '0', 'a-b', 'a'.repeat(63)],
    no: ['', '-a', 'a-', 'A', 'a.b', 'a_b', 'a\n', 'é', 'a'.repeat(64)],
  },
  'a DNS subdomain': {
    is: isSubdomain,
    yes: ['a', 'a.b-c.d', '1.2', 'a'.repeat(253)],
    no: ['', '.', 'a.', '.a', 'a..b', 'a.-b', 'A.b', 'a/b', 'a\n', 'a'.repeat(254)],
  },
  'the key of a label': {
    is: isLabelKey,
    yes: ['a', 'A_b.c-d', 'greenlang.io/pool', `a/${'b'.repeat(63)}`],
    no: ['', '/', 'a/', '/a', 'a/b/c', 'A.b/c', '-a', 'a b', 'a\n', 'b'.repeat(64), `${'a'.repeat(254)}/b`],
  },
  'the value of a label': {
    is: isLabelValue,
    yes: ['', 'a', 'A.b_c-d', '1'.repeat(63)],
    no: ['-', '.a', 'a.', 'a b', 'a/b', 'a\n', '1'.repeat(64)],
  },
};

describe('label syntax', () => {
  for (const [name, { is, yes, no }] of Object.entries(cases)) {
    test.each(yes)(`%j is ${name}`, (text) => expect(is(text)).toBe(true));
    test.each(no)(`%j is not ${name}`, (text) => expect(is(text)).toBe(false));
  }

  test.each([
    ['far too long', 'a-', 500_000],
    ['as long as can be', 'a-.', 21],
  ])('a text that is %s and almost matches takes no longer than its length', (_, part, quarter) => {
    const check = (text: string) => () =>
      [isDnsLabel, isSubdomain, isLabelKey, isLabelValue].some((is) => is(text));
    const [short, long] = [`${part.repeat(quarter)}!`, `${part.repeat(quarter * 4)}!`];
    expect(check(long)()).toBe(false);
    expect(timesAsLongAs(check(short), check(long))).toBeLessThan(linear);
  });
});
