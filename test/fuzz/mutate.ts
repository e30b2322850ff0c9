import type { Random } from '../faults/random.ts';

/** What parsers stumble over: separators, escapes, numbers at their edges, names of all objects, what looks like something else. */
const tricks = [
  '',
  '\0',
  '\n',
  '\r\n',
  '\t',
  '\u001b[2J',
  '\u001b]0;x\u0007',
  '\u009b31m',
  '\u007f',
  '\u0085',
  '\u2028',
  '\u202e',
  '\ufeff',
  '\ud800',
  '\udc00',
  '\u0301',
  'İ',
  'ß',
  '名',
  '🧪',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '../',
  '..%2f',
  '/etc/passwd',
  '\\',
  '"',
  "'",
  '`',
  '$(id)',
  '$\\{x}',
  '%00',
  '%s',
  '{{',
  '}}',
  '[',
  ']',
  '{',
  '}',
  ':',
  ',',
  ';',
  '.',
  '-',
  '_',
  '=',
  '&',
  '*',
  '!',
  '#',
  '@',
  '|',
  '>',
  '<',
  ' ',
  '0',
  '-0',
  '00',
  '-1',
  '0x10',
  '1e999',
  '1e-999',
  '9007199254740993',
  '9223372036854775808',
  '18446744073709551616',
  '٣',
  'NaN',
  'Infinity',
  'null',
  'true',
  'undefined',
  '[]',
  '{}',
  '&a *a',
  '!!js/function',
  '<<: *x',
  'y'.repeat(64),
  '-'.repeat(254),
  '1'.repeat(400),
];

const longest = 16 * 1024;

/** A text near one of the samples: some edits, each of a kind that knows a grammar's seams. Sometimes noise alone. */
export function mutateText(samples: readonly string[], words: readonly string[], random: Random): string {
  if (random.next() < 0.03) return noise(random);
  let text = random.pick(samples);
  const edits = random.next() < 0.05 ? 0 : 1 + Math.floor(random.next() ** 2 * 6);
  for (let i = 0; i < edits; i++) text = edit(text, samples, words, random);
  return text.length > longest ? text.slice(0, longest) : text;
}

function edit(text: string, samples: readonly string[], words: readonly string[], random: Random): string {
  const at = random.between(0, text.length);
  const to = Math.min(text.length, at + random.between(0, random.next() < 0.8 ? 4 : 64));
  const [before, cut, after] = [text.slice(0, at), text.slice(at, to), text.slice(to)];
  const trick = (): string =>
    words.length > 0 && random.next() < 0.4 ? random.pick(words) : random.pick(tricks);
  switch (random.between(0, 11)) {
    case 0:
      return before + after;
    case 1:
    case 2:
      return before + trick() + text.slice(at);
    case 3:
    case 4:
      return before + trick() + after;
    case 5:
      return before + cut.repeat(random.between(2, random.next() < 0.05 ? 500 : 4)) + after;
    case 6:
      return before + String.fromCharCode(random.between(0, random.next() < 0.7 ? 0x7f : 0xffff)) + after;
    case 7: {
      const other = random.pick(samples);
      return before + other.slice(random.between(0, other.length));
    }
    case 8:
      return aToken(text, random, trick);
    case 9:
      return aNumber(text, random);
    case 10:
      return random.next() < 0.5 ? text.toUpperCase() : before + cut.toUpperCase() + after;
    default:
      return nested(text, random);
  }
}

/** A whole word, number or quoted text makes place for another. */
function aToken(text: string, random: Random, trick: () => string): string {
  const tokens = [...text.matchAll(/"[^"]*"|[\w.-]+/g)];
  if (tokens.length === 0) return text + trick();
  const [token] = [random.pick(tokens)];
  const value = random.next() < 0.5 && token[0].startsWith('"') ? JSON.stringify(trick()) : trick();
  return text.slice(0, token.index) + value + text.slice(token.index + token[0].length);
}

function aNumber(text: string, random: Random): string {
  const numbers = [...text.matchAll(/\d+/g)];
  if (numbers.length === 0) return text;
  const number = random.pick(numbers);
  const near = [Number(number[0]) + 1, Number(number[0]) - 1, 0, -1, 2 ** 31, 2 ** 53, 1e21, 0.1];
  return text.slice(0, number.index) + random.pick(near) + text.slice(number.index + number[0].length);
}

function nested(text: string, random: Random): string {
  const depth = random.next() < 0.9 ? random.between(1, 8) : random.between(50, 5_000);
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
    ['(', ')'],
  ] as const);
  const at = random.between(0, text.length);
  return (
    text.slice(0, at) + open.repeat(depth) + text.slice(at) + (random.next() < 0.5 ? close.repeat(depth) : '')
  );
}

function noise(random: Random): string {
  const most = random.pick([0x7f, 0xff, 0xffff]);
  return String.fromCharCode(...Array.from({ length: random.between(0, 80) }, () => random.between(0, most)));
}

/** The same for bytes. */
export function mutateBytes(samples: readonly Uint8Array[], random: Random): Buffer {
  let bytes = Buffer.from(random.pick(samples));
  for (let i = random.between(0, 4); i > 0; i--) bytes = editBytes(bytes, samples, random);
  return bytes;
}

function editBytes(bytes: Buffer, samples: readonly Uint8Array[], random: Random): Buffer<ArrayBuffer> {
  const at = random.between(0, bytes.length);
  const to = Math.min(bytes.length, at + random.between(0, 8));
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(to)];
  const some = (n: number): Buffer => Buffer.from(Array.from({ length: n }, () => random.between(0, 255)));
  switch (random.between(0, 5)) {
    case 0:
      return Buffer.concat([before, after]);
    case 1:
      return Buffer.concat([before, some(random.between(1, 8)), bytes.subarray(at)]);
    case 2:
      return Buffer.concat([before, some(to - at), after]);
    case 3:
      return Buffer.concat([before, bytes.subarray(at, to), bytes.subarray(at, to), after]);
    case 4:
      return Buffer.concat([before, Buffer.from([random.pick([0, 0x7f, 0x80, 0xff])]), after]);
    default: {
      const other = random.pick(samples);
      return Buffer.concat([before, other.subarray(random.between(0, other.length))]);
    }
  }
}
