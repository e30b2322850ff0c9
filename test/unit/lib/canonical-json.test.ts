import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CanonicalJsonError, canonicalJson } from '../../../src/lib/canonical-json.ts';
import type { JsonValue } from '../../../src/lib/json-text.ts';

// RFC 8785 appendix B: the bits of a double, and its text.
const numberSamples: readonly (readonly [string, string])[] = [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['8000000000000001', '-5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['ffefffffffffffff', '-1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['c340000000000000', '-9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['44b52d02c7e14af7', '1.0000000000000001e+23'],
  ['444b1ae4d6e2ef4e', '999999999999999700000'],
  ['444b1ae4d6e2ef4f', '999999999999999900000'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['41b3de4355555554', '333333333.33333325'],
  ['41b3de4355555555', '333333333.3333333'],
  ['41b3de4355555556', '333333333.3333334'],
  ['41b3de4355555557', '333333333.33333343'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
];

const refused: Readonly<Record<string, { value: unknown; wantPath: string; wantMessage: RegExp }>> = {
  'not a number (RFC 8785 appendix B)': { value: { a: [Number.NaN] }, wantPath: 'a[0]', wantMessage: /NaN/ },
  'infinity (RFC 8785 appendix B)': { value: [1, Infinity], wantPath: '[1]', wantMessage: /Infinity/ },
  'a lone surrogate in a value': { value: { a: '\ud800' }, wantPath: 'a', wantMessage: /lone surrogate/ },
  'a lone surrogate in a key': { value: { '\udc00': 1 }, wantPath: '\udc00', wantMessage: /lone surrogate/ },
  'an undefined member': { value: { a: { b: undefined } }, wantPath: 'a.b', wantMessage: /undefined/ },
  'a hole in an array': { value: new Array(1), wantPath: '[0]', wantMessage: /undefined/ },
  'a bigint': { value: 1n, wantPath: '', wantMessage: /the value is bigint/ },
  'a date': { value: [new Date(0)], wantPath: '[0]', wantMessage: /plain object/ },
};

function doubleOf(bits: string): number {
  return Buffer.from(bits, 'hex').readDoubleBE();
}

/** The same value with the members of each object in reverse. */
function reversed(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, member]) => [key, reversed(member as JsonValue)]));
}

describe('canonicalJson', () => {
  test.each(numberSamples)('the double %s is printed as %s', (bits, want) => {
    expect(canonicalJson(doubleOf(bits))).toBe(want);
  });

  test("prints RFC 8785's own example (section 3.2.2 to 3.2.4)", () => {
    const input = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`;
    const want =
      '7b226c69746572616c73223a5b6e756c6c2c747275652c66616c73655d2c226e756d62657273223a5b3333333333333333332e333333333333332c31652b33302c342e352c302e3030322c31652d32375d2c22737472696e67223a22e282ac245c75303030665c6e4127425c225c5c5c5c5c222f227d';
    expect(Buffer.from(canonicalJson(JSON.parse(input))).toString('hex')).toBe(want);
  });

  test("sorts by UTF-16 code units, in the order of RFC 8785's sort test", () => {
    const input = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    expect(canonicalJson(input)).toBe(
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis",' +
        '"€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
    );
  });

  test('sorts names of digits as text, which JavaScript itself does not', () => {
    expect(canonicalJson({ 10: 1, 9: 2, '': 3 })).toBe('{"":3,"10":1,"9":2}');
  });

  test('a member named __proto__ is a member like any other', () => {
    expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"a":2}}'))).toBe('{"__proto__":{"a":2},"b":1}');
  });

  for (const [name, { value, wantPath, wantMessage }] of Object.entries(refused)) {
    test(`refuses ${name}, and says where`, () => {
      const act = () => canonicalJson(value as JsonValue);
      expect(act).toThrow(CanonicalJsonError);
      expect(act).toThrow(wantMessage);
      expect(act).toThrow(expect.objectContaining({ path: wantPath }));
    });
  }

  test.each([
    ['arrays', (value: JsonValue): JsonValue => [value]],
    ['objects', (value: JsonValue): JsonValue => ({ a: value })],
  ])('prints 512 levels of %s and refuses one more', (_name, around) => {
    let value: JsonValue = 1;
    for (let i = 0; i < 512; i += 1) value = around(value);
    expect(JSON.parse(canonicalJson(value))).toEqual(value);
    expect(() => canonicalJson(around(value))).toThrow(/nested deeper than 512/);
  });

  test('refuses extreme depth instead of overflowing the stack', () => {
    let value: JsonValue = 1;
    for (let i = 0; i < 100_000; i += 1) value = [value];
    expect(() => canonicalJson(value)).toThrow(/nested deeper than 512/);
  });

  test('is JSON of the same value, and no order of members changes it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.parse(JSON.stringify(value)) as JsonValue;
        const text = canonicalJson(json);
        expect(JSON.parse(text)).toEqual(json);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(canonicalJson(reversed(json))).toBe(text);
      }),
    );
  });
});
