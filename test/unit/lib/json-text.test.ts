import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maxReported } from '../../../src/lib/json-scan.ts';
import { type JsonTextOptions, parseJsonText } from '../../../src/lib/json-text.ts';
import { linear, timesAsLongAs } from '../../support/effort.ts';

type Case = {
  readonly text: string;
  readonly options?: JsonTextOptions;
  readonly want: readonly (readonly [path: string, message: RegExp])[];
};

const refused: Readonly<Record<string, Case>> = {
  'an empty text': { text: '', want: [['', /^the text is empty$/]] },
  'white space alone': { text: ' \n\t', want: [['', /empty/]] },
  'a byte order mark': { text: '\ufeff{}', want: [['', /byte order mark/]] },
  'a raw lone surrogate': { text: '"\ud800"', want: [['', /lone surrogate/]] },
  'an escaped lone surrogate': {
    text: '{"a":["\\ud800"]}',
    want: [['a[0]', /lone surrogate.*line 1, column 7/]],
  },
  'surrogates the wrong way round': { text: '"\\udc00\\ud800"', want: [['', /lone surrogate/]] },
  'a lone surrogate in a key': { text: '{"\\udc00":1}', want: [['', /lone surrogate/]] },
  'a NUL in a value': { text: '{"a":{"b":"x\\u0000y"}}', want: [['a.b', /NUL/]] },
  'a NUL in a key': { text: '{"a":{"b\\u0000":1}}', want: [['a', /NUL.*column 7/]] },
  'a raw line end in a string': {
    text: '"a\nb"',
    want: [['', /control character 10 in a string; escape it/]],
  },
  'a duplicate key': { text: '{"a":1,"a":2}', want: [['a', /duplicate key.*column 8/]] },
  'a duplicate key behind an escape': { text: '{"a":1,"\\u0061":2}', want: [['a', /duplicate key/]] },
  'a duplicate __proto__': { text: '{"__proto__":1,"__proto__":2}', want: [['__proto__', /duplicate key/]] },
  'duplicates of every depth, all at once': {
    text: '{"spec":{"inputs":[{"name":1},\n  {"name":1,"x":2,"name":2}]},\n "spec":{}, "b":1, "b":1, "b":2}',
    want: [
      ['spec.inputs[1].name', /duplicate key.*line 2, column 19/],
      ['spec', /duplicate key.*line 3, column 2/],
      ['b', /duplicate key/],
      ['b', /duplicate key/],
    ],
  },
  'a duplicate empty key': { text: '{"":1,"":2}', want: [['[""]', /duplicate key/]] },
  'a problem and then broken syntax': {
    text: '{"a":1,"a":',
    want: [
      ['a', /duplicate/],
      ['a', /expected a value, found the end/],
    ],
  },
  'a number that becomes infinite': { text: '[1, -1e999]', want: [['[1]', /too large/]] },
  'a leading zero': { text: '{"a":01}', want: [['a', /expected "," or "}", found "1"/]] },
  'a sign without digits': { text: '[-]', want: [['[0]', /expected a value, found "-"/]] },
  'a plus sign': { text: '+1', want: [['', /expected a value, found "\+"/]] },
  'a number that ends in a point': { text: '[1.]', want: [['[0]', /found "\."/]] },
  NaN: { text: '[NaN]', want: [['[0]', /expected a value/]] },
  'half a literal': { text: 'tru', want: [['', /expected a value/]] },
  'a trailing comma in an array': { text: '[1,]', want: [['[1]', /expected a value, found "\]"/]] },
  'a trailing comma in an object': { text: '{"a":1,}', want: [['a', /expected a key in double quotes/]] },
  'a key without quotes': { text: '{a:1}', want: [['', /expected a key in double quotes, found "a"/]] },
  'single quotes': { text: "{'a':1}", want: [['', /found "'"/]] },
  'a missing colon': { text: '{"a" 1}', want: [['a', /expected ":", found "1"/]] },
  'a missing value': { text: '{"a":}', want: [['a', /expected a value, found "}"/]] },
  'a missing comma': { text: '[1 2]', want: [['[0]', /expected "," or "\]", found "2"/]] },
  'brackets that do not match': { text: '[{]}', want: [['[0]', /expected a key/]] },
  'a comment': { text: '{} // x', want: [['', /"\/" after the end of the document \(line 1, column 4\)/]] },
  'two documents': { text: '{}\n{}', want: [['', /"{" after the end.*line 2, column 1/]] },
  'a string without an end': {
    text: '{"a":"b',
    want: [['a', /a string without an end \(line 1, column 6\)/]],
  },
  'a string that ends in a backslash': { text: '"a\\', want: [['', /unknown escape/]] },
  'an unknown escape': { text: '"\\x41"', want: [['', /unknown escape in a string/]] },
  'an escape of too few digits': { text: '"\\u00g0"', want: [['', /unknown escape/]] },
  'a text cut off in an object': {
    text: '{"a":1',
    want: [['a', /expected "," or "}", found the end of the text/]],
  },
  'other white space than JSON has': {
    text: '[1,\u00a02]',
    want: [['[1]', /expected a value, found "\u00a0"/]],
  },
  'one level more than the default': {
    text: `${'['.repeat(65)}${']'.repeat(65)}`,
    want: [[`${'[0]'.repeat(64)}`, /deeper than 64/]],
  },
  'one level more than allowed': {
    text: '{"a":[{}]}',
    options: { maxDepth: 2 },
    want: [['a[0]', /deeper than 2 levels/]],
  },
  'one byte more than allowed': { text: '"é"', options: { maxBytes: 3 }, want: [['', /more than 3 bytes/]] },
  'a control character where told': {
    text: '["\\t"]',
    options: { controlCharacters: 'refuse' },
    want: [['[0]', /control character/]],
  },
  'a raw C1 control character where told': {
    text: '["\u0085"]',
    options: { controlCharacters: 'refuse' },
    want: [['[0]', /control/]],
  },
  'the last C1 control character': {
    text: '["\u009f"]',
    options: { controlCharacters: 'refuse' },
    want: [['[0]', /control/]],
  },
  'an unknown escape in a key, once': {
    text: '{"\\x":1,"a":',
    want: [['', /unknown escape in a string \(line 1, column 3\)/]],
  },
  'a duplicate of a key that is long, cut in the path': {
    text: `{"${'k'.repeat(65)}":1,"${'k'.repeat(65)}":1}`,
    want: [[`["${'k'.repeat(64)}…"]`, /duplicate/]],
  },
  'a duplicate of a key that is not yet long': {
    text: `{"${'k'.repeat(64)}":1,"${'k'.repeat(64)}":1,"${' '.repeat(64)}":1,"${' '.repeat(64)}":1}`,
    want: [
      ['k'.repeat(64), /duplicate/],
      [`["${' '.repeat(64)}"]`, /duplicate/],
    ],
  },
  'a control character in a key where told': {
    text: '{"a\\n":"b\\n"}',
    options: { controlCharacters: 'refuse in keys' },
    want: [['', /control character.*column 2/]],
  },
  'a key that needs quotes in its path': {
    text: '{"a b":{"c":1,"c":2}}',
    want: [['["a b"].c', /duplicate/]],
  },
};

describe('parseJsonText', () => {
  for (const [name, { text, options, want }] of Object.entries(refused)) {
    test(`refuses ${name}`, () => {
      const result = parseJsonText(text, options);
      if (result.ok) throw new Error(`accepted as ${JSON.stringify(result.value)}`);
      expect(result.problems.map((problem) => problem.path)).toEqual(want.map(([path]) => path));
      for (const [index, [, message]] of want.entries())
        expect(result.problems[index]?.message).toMatch(message);
    });
  }

  test('accepts every form of value, and the depth and size that are the bound', () => {
    const text =
      ' {"a": [1, -0.5e+3, true, false, null, "\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00é😀"], "": {}, "b": []}\r\n';
    expect(parseJsonText(text)).toEqual({ ok: true, value: JSON.parse(text), inexact: [] });
    expect(parseJsonText(`${'['.repeat(64)}${']'.repeat(64)}`).ok).toBe(true);
    expect(parseJsonText('"é"', { maxBytes: 4 }).ok).toBe(true);
    expect(parseJsonText('{"a\\n":1}').ok).toBe(true);
    expect(parseJsonText('{"a":"b\\n"}', { controlCharacters: 'refuse in keys' }).ok).toBe(true);
  });

  test('a __proto__ member changes no prototype', () => {
    const result = parseJsonText('{"__proto__":{"admin":true}}');
    if (!result.ok) throw new Error('refused');
    expect(Object.getPrototypeOf(result.value)).toBe(Object.prototype);
    expect(Object.keys(result.value as object)).toEqual(['__proto__']);
  });

  test('says which whole numbers are not exact, and leaves the judgement to the caller', () => {
    const result = parseJsonText(
      '{"a":9007199254740993,"b":[9007199254740991,12345678901234567890,1e20,0.1]}',
    );
    if (!result.ok) throw new Error('refused');
    expect(result.inexact).toEqual([
      { path: 'a', message: 'a whole number beyond 2^53-1 (line 1, column 6)' },
      { path: 'b[1]', message: 'a whole number beyond 2^53-1 (line 1, column 45)' },
    ]);
  });

  test('the answer to a thousand problems is bounded, and so is each part of it', () => {
    const key = 'k'.repeat(5_000);
    const members = Array.from({ length: 1_000 }, () => `"${key}":1`);
    const result = parseJsonText(`{${members.join(',')}}`, { maxBytes: 10_000_000 });
    if (result.ok) throw new Error('accepted');
    expect(result.problems).toHaveLength(maxReported);
    for (const { path, message } of result.problems) expect(path.length + message.length).toBeLessThan(200);
  });

  test.each([
    ['arrays', '['.repeat(100_000)],
    ['objects', '{"a":'.repeat(100_000)],
    ['closed arrays', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ])('100,000 levels of %s overflow no stack', (_name, text) => {
    expect(parseJsonText(text)).toMatchObject({ ok: false, problems: [{ message: /deeper than 64/ }] });
    expect(parseJsonText(text, { maxDepth: 1_000_000 }).ok).toBe(text.endsWith(']'));
  });

  test('takes four times as long for four times as much, up to 900 KiB', () => {
    const manifest = (count: number) => {
      const inputs = Array.from({ length: count }, (_, index) => ({
        name: `input-${index}`,
        artifact_uri: `s3://bucket/tenant/runs/run/steps/step/outputs/${index}.json`,
        sha256: 'ab'.repeat(32),
        size_bytes: index * 1_000,
      }));
      return JSON.stringify({ apiVersion: 'glip/v1', spec: { inputs } });
    };
    const [quarter, whole] = [manifest(1_225), manifest(4_900)];
    expect(whole.length).toBeGreaterThan(900 * 1024);
    for (const text of [quarter, whole]) expect(parseJsonText(text).ok).toBe(true);
    const ratio = timesAsLongAs(
      () => parseJsonText(quarter),
      () => parseJsonText(whole),
    );
    expect(ratio).toBeLessThan(linear);
  });

  test('five million characters are refused unread', () => {
    const text = `"${'\\n'.repeat(2_500_000)}"`;
    expect(parseJsonText(text).ok).toBe(false);
    const ratio = timesAsLongAs(
      () => JSON.parse(text),
      () => parseJsonText(text),
    );
    expect(ratio).toBeLessThan(0.1);
  });

  test('agrees with JSON.parse on every valid text without duplicates', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'grapheme' }), fc.constantFrom(0, 2, '\t'), (text, indent) => {
        const pretty = JSON.stringify(JSON.parse(text), null, indent);
        const result = parseJsonText(pretty);
        if (result.ok) expect(result.value).toEqual(JSON.parse(pretty));
        else expect(result.problems.map(({ message }) => message).join()).toMatch(/NUL/);
      }),
    );
  });

  test('never accepts what JSON.parse refuses, and never throws, whatever is done to a text', () => {
    const noise = fc.constantFrom(
      '',
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '0',
      '-',
      '.',
      'e',
      'u',
      '\n',
      '\u0000',
      '\ud800',
      't',
    );
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.nat(3), noise, (text, at, cut, put) => {
        const start = at % (text.length + 1);
        const broken = text.slice(0, start) + put + text.slice(start + cut);
        const result = parseJsonText(broken);
        if (result.ok) expect(result.value).toEqual(JSON.parse(broken));
        else expect(result.problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 5_000 },
    );
  });

  test('refuses only for its own rules what JSON.parse accepts', () => {
    const own = /duplicate key|NUL|lone surrogate|too large|deeper than/;
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '1',
      ' ',
      'null',
      '"\\u0000"',
      '-1.5e3',
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 9 }), (pieces) => {
        const text = pieces.join('');
        const result = parseJsonText(text);
        if (!result.ok && isJson(text))
          expect(result.problems.map(({ message }) => message).join()).toMatch(own);
      }),
      { numRuns: 5_000 },
    );
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
