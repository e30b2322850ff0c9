import { expect, test } from 'vitest';
import { parseExamples } from './examples.ts';

const fence = '```';
const example = (name: string, code: string) => `<!-- example: ${name} -->\n${fence}sh\n${code}\n${fence}\n`;

test('a block is an example by the comment before it', () => {
  const text = `# T\n\n${fence}sh\nnone\n${fence}\n${example('one', 'a\n  b')}\n${example('two', 'c')}`;
  expect([...parseExamples(text, 'T.md')]).toEqual([
    ['one', { language: 'sh', code: 'a\n  b\n' }],
    ['two', { language: 'sh', code: 'c\n' }],
  ]);
});

test('a name without a block of its own is refused', () => {
  const text = `<!-- example: one -->\nwords\n\n${example('two', 'c')}`;
  expect(() => parseExamples(text, 'T.md')).toThrow('T.md: no fenced block follows the example one');
});

test('a name that comes twice is refused', () => {
  expect(() => parseExamples(example('one', 'a') + example('one', 'b'), 'T.md')).toThrow('called one');
});
