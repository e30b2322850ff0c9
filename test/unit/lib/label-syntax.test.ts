import { describe, expect, test } from 'vitest';
import { isDnsLabel, isLabelKey, isLabelValue, isSubdomain } from '../../../src/lib/label-syntax.ts';

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

  test('a long text that almost matches costs no time', () => {
    const start = performance.now();
    for (const is of [isDnsLabel, isSubdomain, isLabelKey, isLabelValue]) is(`${'a-'.repeat(2_000_000)}!`);
    isSubdomain(`${'a-.'.repeat(84)}!`);
    expect(performance.now() - start).toBeLessThan(500);
  });
});
