import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { layFields, layProgress, layTable } from '../../../src/cli/layout.ts';
import { withoutColour } from '../../../src/cli/paint.ts';
import { ellipsis, length, wrapWords } from '../../../src/cli/paragraph.ts';
import { printable } from '../../../src/cli/printable.ts';
import { formatStepRef, parseStepRef } from '../../../src/cli/step-ref.ts';
import { age } from '../../../src/cli/step-words.ts';
import { structured } from '../../../src/cli/structured.ts';
import { hostile, unsafeOutput } from './steps.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constant(hostile),
);
const layout = { width: 80, paint: withoutColour, clock: () => '12:00:00' };

describe('printable', () => {
  test('shows as escapes what a terminal would act on, and keeps all else', () => {
    expect(printable(hostile)).toBe('a\\x1b[31mb\\x9b2J\\u{202e}c\\u{200b}d\\r\\ne\\x07\\u{e0041}\\x7f');
    expect(printable('Zürich 東京 – ok')).toBe('Zürich 東京 – ok');
  });

  test('is one safe line for any text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(printable(text)).not.toMatch(unsafeOutput);
        expect(printable(text)).not.toContain('\n');
      }),
    );
  });
});

describe('structured', () => {
  test.for(['json', 'yaml'] as const)('%s is safe, and means the same', (format) => {
    const read = (text: string): unknown => (format === 'json' ? JSON.parse(text) : parseYaml(text));
    const value = fc.dictionary(anyText, fc.oneof(anyText, fc.array(anyText), fc.integer(), fc.boolean()));
    const wellFormed = value.filter(
      (one) => JSON.stringify(one).isWellFormed() && !JSON.stringify(one).includes('\\ud'),
    );
    fc.assert(
      fc.property(wellFormed, (given) => {
        const text = structured(given, format);
        expect(text).not.toMatch(unsafeOutput);
        expect(JSON.stringify(read(text) ?? {})).toBe(JSON.stringify(given));
      }),
    );
  });
});

describe('lines', () => {
  test('words are never lost, and no line is too long', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, unit: 'grapheme-ascii' }).filter((w) => !w.includes(' '))),
        fc.integer({ min: 1, max: 40 }),
        (words, width) => {
          const lines = wrapWords(words.join(' '), width);
          expect(Math.max(...lines.map(length))).toBeLessThanOrEqual(width);
          expect(lines.join('').replaceAll(' ', '')).toBe(words.join(''));
        },
      ),
    );
  });

  test('progress and fields fit the width for any text', () => {
    fc.assert(
      fc.property(anyText, anyText, fc.integer({ min: 60, max: 120 }), (text, prefix, width) => {
        const line = { time: 0, label: 'PULLING_IMAGE', tone: 'plain', text: printable(text) } as const;
        const output =
          layProgress(line, { ...layout, width }, printable(prefix)) +
          layFields([['Outcome', printable(text)]], width);
        expect(Math.max(...output.split('\n').map(length))).toBeLessThanOrEqual(width);
      }),
    );
  });

  test('a table gives way in its last column, then in its first', () => {
    const row = [
      'acme/3f2b8c1e-1d2c-4b5a-9e8f-0123456789ab/clean@0',
      'PENDING',
      '12s',
      'ImagePullBackOffForALongTime',
    ];
    const head = ['KEY', 'STATE', 'AGE', 'REASON'];
    expect(layTable(head, [row], undefined).split('\n')[1]).toBe(row.join('   '));
    expect(layTable(head, [row], 80).split('\n')[1]).toBe(
      'acme/3f2b8c1e-1d2c-4b5a-9e8f-0123456789ab/clean@0   PENDING   12s   ImageP…gTime',
    );
    const narrow = layTable(head, [row], 60).split('\n');
    expect(Math.max(...narrow.map(length))).toBe(60);
    expect(narrow[1]).toMatch(/^acme\/3f2b.*…\S+\/clean@0 {3}PENDING/);
  });

  test('an ellipsis keeps both ends', () => {
    expect(ellipsis('abcdefgh', 8)).toBe('abcdefgh');
    expect(ellipsis('abcdefgh', 5)).toBe('ab…gh');
    expect(ellipsis('abcdefgh', 1)).toBe('…');
  });

  test.for([
    [0, '0s'],
    [-5, '0s'],
    [119_000, '119s'],
    [120_000, '2m'],
    [330_000, '5m30s'],
    [900_000, '15m'],
    [4 * 3_600_000, '4h'],
    [50 * 3_600_000, '2d'],
  ] as const)('an age of %d ms is %s', ([ms, want]) => {
    expect(age(ms)).toBe(want);
  });
});

describe('a KEY', () => {
  test.for([
    ['acme/run-7/clean', undefined, 'acme/run-7/clean@0'],
    ['acme/run-7/clean@3', undefined, 'acme/run-7/clean@3'],
    ['run-7/clean@3', 'acme', 'acme/run-7/clean@3'],
    ['acme/run/with/slashes@2/clean', undefined, 'acme/run/with/slashes@2/clean@0'],
    ['acme/run-7/clean', 'other', 'acme/run-7/clean@0'],
  ] as const)('%s of tenant %s', ([text, tenant, want]) => {
    const parsed = parseStepRef(text, tenant);
    expect(parsed.ok && formatStepRef(parsed.value)).toBe(want);
  });

  test.for([
    ['clean', '"clean" is not TENANT/RUN/STEP[@ATTEMPT]'],
    [
      'run-7/clean',
      '"run-7/clean" has no tenant; write TENANT/RUN/STEP[@ATTEMPT], or give --tenant or GLIP_TENANT',
    ],
    ['a//c', '"a//c" is not TENANT/RUN/STEP[@ATTEMPT]'],
    ['a/b/', '"a/b/" is not TENANT/RUN/STEP[@ATTEMPT]'],
    ['a/b/c@1@2', '"a/b/c@1@2" is not TENANT/RUN/STEP[@ATTEMPT]'],
    ['a/b/c@x', '"a/b/c@x": the attempt after @ must be a number'],
    ['a/b/c@', '"a/b/c@": the attempt after @ must be a number'],
  ] as const)('is not %s', ([text, message]) => {
    expect(parseStepRef(text, undefined)).toEqual({ ok: false, message });
  });

  test('is read back as it was printed, whatever the run is called', () => {
    const id = fc.stringMatching(/^[a-z][a-z0-9_-]{0,20}$/);
    const runId = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(id, runId, id, fc.nat({ max: 9999 }), (tenant, run, stepId, attempt) => {
        const ref = { tenant, runId: run, stepId, attempt };
        expect(parseStepRef(formatStepRef(ref), undefined)).toEqual({ ok: true, value: ref });
      }),
    );
  });
});
