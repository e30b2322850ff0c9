import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addQuantities,
  ceilQuantity,
  compareQuantities,
  maxQuantityLength,
  milliOf,
  multiplyQuantity,
  parseQuantity,
  printQuantity,
  quantity,
  quantityFromNano,
  subtractQuantities,
  unitsOf,
} from '../../../src/lib/quantity.ts';
import { timesAsLongAs } from '../../support/effort.ts';

// Text and canonical form, as k8s.io/apimachinery v0.37.2 prints it (Quantity.CanonicalizeBytes).
const canonicalForms: readonly (readonly [string, string])[] = [
  ['0', '0'],
  ['0.5', '500m'],
  ['500m', '500m'],
  ['1e3', '1e3'],
  ['1E3', '1e3'],
  ['12Mi', '12Mi'],
  ['1.5Gi', '1536Mi'],
  ['100u', '100u'],
  ['5n', '5n'],
  ['+1', '1'],
  ['.5', '500m'],
  ['5.', '5'],
  ['1Ki', '1Ki'],
  ['2k', '2k'],
  ['3M', '3M'],
  ['4G', '4G'],
  ['5T', '5T'],
  ['6P', '6P'],
  ['7E', '7E'],
  ['1Ti', '1Ti'],
  ['1Pi', '1Pi'],
  ['1Ei', '1Ei'],
  ['7Ei', '7Ei'],
  ['1024', '1024'],
  ['1024Ki', '1Mi'],
  ['1000Ki', '1000Ki'],
  ['1000m', '1'],
  ['1000000n', '1m'],
  ['0.1n', '1n'],
  ['-0.1n', '-1n'],
  ['1.0000000001', '1000000001n'],
  ['-1.0000000001', '-1000000001n'],
  ['-5', '-5'],
  ['-0', '0'],
  ['0Gi', '0'],
  ['0e9', '0'],
  ['0.1Ki', '102400m'],
  ['1.1Ki', '1126400m'],
  ['512Ki', '512Ki'],
  ['0.5Ki', '512'],
  ['1023.9Ki', '1048473600m'],
  ['1e-3', '1e-3'],
  ['1e-9', '1e-9'],
  ['1e-30', '1e-9'],
  ['12e6', '12e6'],
  ['1200e3', '1200e3'],
  ['1e1', '10'],
  ['1.5e2', '150'],
  ['1500M', '1500M'],
  ['1234567', '1234567'],
  ['1230000', '1230k'],
  ['1.500', '1500m'],
  ['012Mi', '12Mi'],
  ['1536Mi', '1536Mi'],
  ['1.25E', '1250P'],
  ['9223372036854775807', '9223372036854775807'],
  ['9223372036854775.807k', '9223372036854775807'],
  ['0.000000001', '1n'],
  ['3e18', '3e18'],
  ['1E', '1E'],
  ['2E0', '2'],
  ['1e+3', '1e3'],
  ['100000000000000000', '100P'],
];

const refused: Readonly<Record<string, { text: string; wantMessage: RegExp }>> = {
  'an empty text': { text: '', wantMessage: /empty/ },
  'a suffix alone, which Kubernetes reads as zero': { text: 'Ki', wantMessage: /not a quantity/ },
  'a sign alone': { text: '-', wantMessage: /not a quantity/ },
  'a point alone': { text: '.', wantMessage: /not a quantity/ },
  'a word': { text: 'lots', wantMessage: /such as 500m/ },
  'white space before the suffix': { text: '1 Gi', wantMessage: /white space/ },
  'a line end after it': { text: '1Gi\n', wantMessage: /white space/ },
  'a capital K': { text: '1K', wantMessage: /k for 1000 or Ki for 1024/ },
  'a byte suffix': { text: '512MiB', wantMessage: /leave out the B/ },
  'a decimal comma': { text: '1,5', wantMessage: /decimal mark/ },
  'a lower-case binary suffix': { text: '1mi', wantMessage: /not a quantity/ },
  'an exponent and a suffix': { text: '1e3Mi', wantMessage: /not a quantity/ },
  'an exponent without digits': { text: '1e', wantMessage: /not a quantity/ },
  'two signs': { text: '+-1', wantMessage: /not a quantity/ },
  'two points': { text: '1.2.3', wantMessage: /not a quantity/ },
  'hexadecimal digits': { text: '0x10', wantMessage: /not a quantity/ },
  'other digits than ASCII': { text: '١', wantMessage: /not a quantity/ },
  'a word that JavaScript reads as a number': { text: 'Infinity', wantMessage: /not a quantity/ },
  'one more than the largest': { text: '9223372036854775808', wantMessage: /2\^63-1/ },
  'one less than the smallest': { text: '-9223372036854775808', wantMessage: /2\^63-1/ },
  'a binary amount that Kubernetes would cap': { text: '8Ei', wantMessage: /2\^63-1/ },
  'an exponent of a billion': { text: '1e999999999', wantMessage: /2\^63-1/ },
  'an exponent beyond a double': { text: `1e${'9'.repeat(60)}`, wantMessage: /2\^63-1/ },
  'a long text': { text: '1'.repeat(maxQuantityLength + 1), wantMessage: /65 characters.*at most 64/ },
  'a text of five million characters': { text: '1'.repeat(5_000_000), wantMessage: /at most 64/ },
};

const format = fc.constantFrom('binarySI' as const, 'decimalSI' as const, 'decimalExponent' as const);
const largest = (2n ** 63n - 1n) * 10n ** 9n;
const nano = fc.oneof(
  fc.bigInt({ min: -largest, max: largest }),
  fc.bigInt({ min: -(10n ** 13n), max: 10n ** 13n }),
  fc.bigInt({ min: 0n, max: 2n ** 33n }).map((units) => units * 1024n * 10n ** 9n),
);
const anyQuantity = fc.tuple(nano, format).map(([amount, as]) => quantityFromNano(amount, as));

describe('quantity', () => {
  test.each(canonicalForms)('%s is printed as %s, like Kubernetes', (text, want) => {
    expect(printQuantity(quantity(text))).toBe(want);
  });

  for (const [name, { text, wantMessage }] of Object.entries(refused)) {
    test(`refuses ${name}`, () => {
      const result = parseQuantity(text);
      expect(result.ok ? printQuantity(result.value) : result.message).toMatch(wantMessage);
      expect(result.ok).toBe(false);
    });
  }

  test('a hostile exponent costs no time', () => {
    const often = (texts: readonly string[]) => () => {
      for (let i = 0; i < 1_000; i += 1) texts.forEach(parseQuantity);
    };
    const ratio = timesAsLongAs(
      often(['1e9', '1e-9', '0e9']),
      often(['1e999999999', '1e-999999999', `0e${'9'.repeat(60)}`]),
    );
    expect(ratio).toBeLessThan(20);
    expect(printQuantity(quantity('1e-999999999'))).toBe('1e-9');
    expect(printQuantity(quantity('0e999999999'))).toBe('0');
  });

  test('a text of just the most characters is read', () => {
    expect(printQuantity(quantity('1'.padStart(maxQuantityLength, '0')))).toBe('1');
  });

  test('a constant that is no quantity throws', () => {
    expect(() => quantity('4 cores')).toThrow(RangeError);
  });

  test('0.1 and 0.2 make exactly 0.3', () => {
    const sum = addQuantities(quantity('0.1'), quantity('0.2'));
    expect(sum.nano).toBe(quantity('300m').nano);
  });

  test('a sum keeps the family of what it began with, and zero has none', () => {
    expect(printQuantity(addQuantities(quantity('1Gi'), quantity('1M')))).toBe('1074741824');
    expect(printQuantity(addQuantities(quantity('1Gi'), quantity('512Mi')))).toBe('1536Mi');
    expect(printQuantity(addQuantities(quantity('0'), quantity('512Mi')))).toBe('512Mi');
    expect(printQuantity(subtractQuantities(quantity('2'), quantity('2500m')))).toBe('-500m');
  });

  test('a sum beyond the largest quantity is still exact', () => {
    expect(printQuantity(addQuantities(quantity('7E'), quantity('7E')))).toBe('14E');
    expect(printQuantity(multiplyQuantity(quantity('1Ei'), 2048n))).toBe('2048Ei');
    expect(printQuantity(multiplyQuantity(quantity('1E'), 2000n))).toBe('2000E');
  });

  test('multiplies by whole numbers and by quantities', () => {
    expect(printQuantity(multiplyQuantity(quantity('1.5Gi'), 2n))).toBe('3Gi');
    expect(printQuantity(multiplyQuantity(quantity('500m'), quantity('1.5')))).toBe('750m');
    expect(printQuantity(multiplyQuantity(quantity('1n'), quantity('100m')))).toBe('1n');
  });

  test('rounds up to whole thousandths, units and bytes, away from zero', () => {
    expect(printQuantity(ceilQuantity(quantity('1.0001'), 'milli'))).toBe('1001m');
    expect(printQuantity(ceilQuantity(quantity('1n'), 'unit'))).toBe('1');
    expect(printQuantity(ceilQuantity(quantity('1.1Ki'), 'byte'))).toBe('1127');
    expect(printQuantity(ceilQuantity(quantity('-1.5'), 'unit'))).toBe('-2');
    expect(milliOf(quantity('100u'))).toBe(1n);
    expect(unitsOf(quantity('1.5Gi'))).toBe(1_610_612_736n);
  });

  test('parse of print is identity', () => {
    fc.assert(
      fc.property(anyQuantity, (q) => {
        const again = quantity(printQuantity(q));
        expect(again.nano).toBe(q.nano);
        expect(printQuantity(q).length).toBeLessThanOrEqual(maxQuantityLength);
      }),
      { numRuns: 2_000 },
    );
  });

  test('print is canonical: no decimals, no plus, no larger suffix would do', () => {
    fc.assert(
      fc.property(nano, (amount) => {
        const text = printQuantity(quantityFromNano(amount));
        expect(text).toMatch(/^-?\d+[numkMGTPE]?$/);
        expect(text).not.toMatch(/000[numkMGTP]?$/);
      }),
      { numRuns: 2_000 },
    );
  });

  test('comparison is the order of the amounts, whatever their form', () => {
    fc.assert(
      fc.property(anyQuantity, anyQuantity, (a, b) => {
        expect(compareQuantities(a, b)).toBe(a.nano < b.nano ? -1 : a.nano > b.nano ? 1 : 0);
        expect(compareQuantities(a, b) + compareQuantities(b, a)).toBe(0);
        expect(compareQuantities(addQuantities(a, b), addQuantities(b, a))).toBe(0);
        expect(compareQuantities(subtractQuantities(addQuantities(a, b), b), a)).toBe(0);
      }),
    );
  });

  test('no text of any kind throws', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[+-]?[0-9.]{0,30}[eEinumkKMGTP]{0,3}[+-]?\d{0,12}$/),
    );
    fc.assert(
      fc.property(text, (input) => {
        const result = parseQuantity(input);
        if (result.ok) expect(quantity(printQuantity(result.value)).nano).toBe(result.value.nano);
        else expect(result.message).not.toBe('');
      }),
      { numRuns: 2_000 },
    );
  });
});
