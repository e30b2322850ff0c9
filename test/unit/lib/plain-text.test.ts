import { expect, test } from 'vitest';
import { lastLines, oneLine } from '../../../src/lib/plain-text.ts';

test.each<[what: string, text: string, want: string]>([
  ['nothing', '', ''],
  ['one line', 'exit 3: größer', 'exit 3: größer'],
  ['many lines', '\n no\r\n\tlatest  tags \n', 'no latest tags'],
  ['colours', '\u001b[1;31mred\u001b[0m', 'red'],
  ['a title for the terminal', '\u001b]0;owned\u0007text', 'text'],
  ['bytes that are no text', 'a\u0000b\u0085c\u202ed', 'a b c d'],
  ['half a character', 'a\ud800', 'a\ufffd'],
  ['too much', 'x'.repeat(99), `${'x'.repeat(19)}…`],
  ['too much, cut inside a character', `${'x'.repeat(18)}😀😀`, `${'x'.repeat(18)}\ufffd…`],
])('%s becomes plain', (_, text, want) => {
  expect(oneLine(text, 20)).toBe(want);
});

test.each<[what: string, text: string, want: readonly string[]]>([
  ['nothing', '', []],
  ['one line', 'Traceback', ['Traceback']],
  ['lines with what is around them', '\n\none\r\n\n  two  \n\n', ['one', '', '  two']],
  ['a progress bar', '10%\r20%\r', ['10%', '20%']],
  ['colours and bytes that are no text', '\u001b[31mbad\u001b[0m\tx\u0000', ['bad x']],
  ['more than there is room for', 'first line\nsecond\nthe third one', ['second', 'the third one']],
  ['characters that are cut', `ü${'x'.repeat(19)}`, ['x'.repeat(19)]],
])('the last lines of %s', (_, text, want) => {
  expect(lastLines(text, 20)).toEqual(want);
});
