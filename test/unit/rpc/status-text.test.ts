import { expect, test } from 'vitest';
import { safeText } from '../../../src/rpc/status-text.ts';

test.for([
  ['plain text stays', 'plain', 'plain'],
  ['letters of all scripts stay', 'ünï ☃ 🚀 語', 'ünï ☃ 🚀 語'],
  ['control characters are shown', 'a\0b\nc\u001b[31m\u0085', 'a\\u{0}b\\u{a}c\\u{1b}[31m\\u{85}'],
  ['line separators are shown', '\u2028\u2029', '\\u{2028}\\u{2029}'],
  ['what turns the direction is shown', '\u202eabc\u2066', '\\u{202e}abc\\u{2066}'],
  ['half a surrogate pair is replaced', 'x\ud83d', 'x\ufffd'],
] as const)('%s', ([, text, want]) => {
  expect(safeText(text, 100)).toBe(want);
});

test.for([
  ['exactly as long', 'abcdef', 6, 'abcdef'],
  ['cut with an ellipsis', 'abcdefg', 6, 'abc…'],
  ['never inside a character', 'ab☃☃☃', 9, 'ab☃…'],
  ['megabytes', 'x'.repeat(5_000_000), 10, 'xxxxxxx…'],
] as const)('text is bounded in bytes: %s', ([, text, bytes, want]) => {
  const bounded = safeText(text, bytes);
  expect(bounded).toBe(want);
  expect(Buffer.byteLength(bounded)).toBeLessThanOrEqual(bytes);
});
