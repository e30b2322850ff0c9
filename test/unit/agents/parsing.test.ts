import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { importAgentModule } from './invocation.ts';

interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

const { add, compare, decimalText, fixedText, multiply, parseDecimal } = await importAgentModule<{
  add(a: Decimal, b: Decimal): Decimal;
  compare(a: Decimal, b: Decimal): number;
  decimalText(value: Decimal): string;
  fixedText(value: Decimal, places: number): string;
  multiply(a: Decimal, b: Decimal): Decimal;
  parseDecimal(text: string): Decimal | undefined;
}>('lib/decimal.mjs');
const { csvText, parseCsv } = await importAgentModule<{
  csvText(header: string[], rows: string[][]): string;
  parseCsv(text: string): { line: number; cells: string[] }[];
}>('lib/csv.mjs');
const { parseActivityDate } = await importAgentModule<{
  parseActivityDate(text: string, order: 'dmy' | 'mdy'): string | undefined;
}>('clean-activity-data/dates.mjs');
const { parseAmount } = await importAgentModule<{
  parseAmount(text: string): { value: Decimal } | { reason: string };
}>('clean-activity-data/amounts.mjs');
const { terminationText } = await importAgentModule<{
  terminationText(report: Record<string, unknown>, limit?: number): string;
}>('lib/termination-message.mjs');

const decimals = fc.record({ units: fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), scale: fc.nat(12) });

describe('decimals', () => {
  test('printing and parsing is the identity', () => {
    fc.assert(
      fc.property(decimals, (value) => {
        const parsed = parseDecimal(decimalText(value));
        expect(parsed && compare(parsed, value)).toBe(0);
      }),
    );
  });

  test('sums do not depend on the order, and products distribute over them', () => {
    fc.assert(
      fc.property(decimals, decimals, decimals, (a, b, c) => {
        expect(compare(add(add(a, b), c), add(a, add(b, c)))).toBe(0);
        expect(compare(multiply(add(a, b), c), add(multiply(a, c), multiply(b, c)))).toBe(0);
      }),
    );
  });

  test('0.1 and 0.2 are 0.3', () => {
    const [a, b] = [parseDecimal('0.1'), parseDecimal('0.2')];
    expect(decimalText(add(a!, b!))).toBe('0.3');
  });

  test.each([
    ['2.345', 2, '2.35'],
    ['2.344', 2, '2.34'],
    ['-2.345', 2, '-2.35'],
    ['-0.004', 2, '0.00'],
    ['12', 3, '12.000'],
    ['0.5', 0, '1'],
  ])('%s with %i places is %s', (text, places, want) =>
    expect(fixedText(parseDecimal(text)!, places)).toBe(want),
  );

  test.each(['', '1.', '.5', '1e', '0x10', '1_000', 'NaN', '1e999', '9'.repeat(31)])(
    '%j is no decimal',
    (text) => expect(parseDecimal(text)).toBeUndefined(),
  );
});

describe('amounts as people write them', () => {
  test.each([
    ['1234.5', '1234.5'],
    ['1,234.5', '1234.5'],
    ['1,234', '1234'],
    ['12,345,678', '12345678'],
    ['1.234,5', '1234.5'],
    ['1234,5', '1234.5'],
    ['1 234.5', '1234.5'],
    ['1\u202f234,50', '1234.5'],
    ["1'234.5", '1234.5'],
    ['1.2E+03', '1200'],
    [' 0 ', '0'],
  ])('%j is %s', (text, want) => {
    const amount = parseAmount(text);
    expect('value' in amount ? decimalText(amount.value) : amount.reason).toBe(want);
  });

  test.each([
    ['', 'AMOUNT_MISSING'],
    ['n/a', 'AMOUNT_MISSING'],
    ['#N/A', 'AMOUNT_MISSING'],
    ['-5', 'AMOUNT_NEGATIVE'],
    ['(1,204.50)', 'AMOUNT_NEGATIVE'],
    ['£12', 'AMOUNT_INVALID'],
    ['1,23,4', 'AMOUNT_INVALID'],
    ['1.2.3', 'AMOUNT_INVALID'],
  ])('%j is refused as %s', (text, reason) => expect(parseAmount(text)).toEqual({ reason }));
});

describe('dates as people write them', () => {
  test.each([
    ['2024-02-29', '2024-02-29'],
    ['2024-02-29T00:00:00Z', '2024-02-29'],
    ['29/02/2024', '2024-02-29'],
    ['3.4.2024', '2024-04-03'],
    ['31-Mar-2024', '2024-03-31'],
    ['1 September 2024', '2024-09-01'],
    ['Feb-24', '2024-02-29'],
    ['February 2023', '2023-02-28'],
    ['2024-04', '2024-04-30'],
    ['45322', '2024-01-31'],
  ])('%s is %s', (text, want) => expect(parseActivityDate(text, 'dmy')).toBe(want));

  test.each([
    '',
    '30/02/2024',
    '29/02/2023',
    '2024-13-01',
    '2024-00-10',
    '1/2-2024',
    '01/02/24',
    'Foo-24',
    '3 Foo 2024',
    '2024-13',
    '00001',
    '1850-01-01',
  ])('%j is no date', (text) => expect(parseActivityDate(text, 'dmy')).toBeUndefined());

  test('the order of day and month is a parameter', () => {
    expect(parseActivityDate('03/04/2024', 'dmy')).toBe('2024-04-03');
    expect(parseActivityDate('03/04/2024', 'mdy')).toBe('2024-03-04');
  });
});

describe('CSV', () => {
  test('what is written is read back, whatever is in the cells', () => {
    const cell = fc.string().map((text) => `x${text.replaceAll('\r', '')}`);
    const rows = fc.array(
      fc.tuple(cell, cell).map((pair) => [...pair]),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(rows, (table) => {
        const [, ...read] = parseCsv(csvText(['a', 'b'], table));
        expect(read.map(({ cells }) => cells)).toEqual(table);
      }),
    );
  });

  test('lines are those of the file, across quoted line breaks, empty lines and a missing last one', () => {
    expect(parseCsv('\uFEFFa,b\r\n"1\r\n2",x\r\n\r\n,\n3,""""')).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 2, cells: ['1\n2', 'x'] },
      { line: 6, cells: ['3', '"'] },
    ]);
  });
});

describe('the termination message', () => {
  const report = {
    status: 'failed',
    error_code: 'X',
    retriable: false,
    message: 'm',
    suggested_action: 's',
    counts: { a: 1 },
  };

  test('is untouched when it fits', () => expect(JSON.parse(terminationText(report))).toEqual(report));

  test('never exceeds its limit in bytes, is always JSON and always tells the status', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 9000 }), fc.nat(4096), (message, limit) => {
        const bound = Math.max(64, limit);
        const text = terminationText({ ...report, message, suggested_action: message }, bound);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(bound);
        expect(JSON.parse(text).status).toBe('failed');
      }),
    );
  });

  test('gives up counts first and keeps the beginning of the message', () => {
    const text = terminationText({ ...report, message: 'é'.repeat(5000) });
    expect(JSON.parse(text)).toMatchObject({
      error_code: 'X',
      message: expect.stringMatching(/^é{1000,}…$/),
    });
  });
});
