import { expect, test } from 'vitest';
import { parseTraceparent } from '../../../src/lib/traceparent.ts';

const GOOD = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test('a well-formed traceparent is kept as it is', () => {
  expect(parseTraceparent(GOOD)).toBe(GOOD);
});

test.for([
  GOOD.toUpperCase(),
  GOOD.slice(0, -1),
  `${GOOD}-extra`,
  GOOD.replace(/^00/, 'ff'),
  GOOD.replace(/0af7651916cd43dd8448eb211c80319c/, '0'.repeat(32)),
  GOOD.replace(/b7ad6b7169203331/, '0'.repeat(16)),
  `${GOOD}\n`,
  '',
  undefined,
  7,
])('%s is dropped', (value) => {
  expect(parseTraceparent(value)).toBeUndefined();
});
