import { expect, test } from 'vitest';
import { type Caller, localCaller } from '../../../src/identity/caller.ts';
import { identityUnavailable, tokenInvalid } from '../../../src/identity/refusals.ts';
import { createTokenCache } from '../../../src/identity/token-cache.ts';

function aCache(outcome: () => Promise<Caller>, maxTokens = 10) {
  let time = 0;
  const asked: string[] = [];
  const get = createTokenCache({
    now: () => time,
    keepMs: 60,
    refuseMs: 10,
    maxTokens,
    verify: (token) => {
      asked.push(token);
      return outcome();
    },
  });
  const pass = (ms: number): void => {
    time += ms;
  };
  return { get, asked, pass };
}
const good =
  (expiresAt = Number.POSITIVE_INFINITY) =>
  async () => ({ ...localCaller, expiresAt });

test('a good token is looked at once for a while', async () => {
  const { get, asked, pass } = aCache(good());
  await Promise.all([get('a'), get('a')]);
  pass(59);
  await get('a');
  expect(asked).toEqual(['a']);
  pass(1);
  await get('a');
  expect(asked).toEqual(['a', 'a']);
});

test('but not beyond its end', async () => {
  const { get, asked, pass } = aCache(good(20));
  await get('a');
  pass(20);
  await get('a');
  expect(asked).toHaveLength(2);
});

test('a wrong one is refused without a look for a shorter while', async () => {
  const { get, asked, pass } = aCache(async () => {
    throw tokenInvalid('wrong');
  });
  await expect(get('a')).rejects.toThrow('wrong');
  pass(9);
  await expect(get('a')).rejects.toThrow('wrong');
  expect(asked).toHaveLength(1);
  pass(1);
  await expect(get('a')).rejects.toThrow('wrong');
  expect(asked).toHaveLength(2);
});

test('what could not be found out is asked again', async () => {
  const { get, asked } = aCache(async () => {
    throw identityUnavailable();
  });
  await expect(get('a')).rejects.toThrow();
  await expect(get('a')).rejects.toThrow();
  expect(asked).toHaveLength(2);
});

test('it is bounded: the oldest goes', async () => {
  const { get, asked } = aCache(good(), 2);
  for (const token of ['a', 'b', 'c', 'b', 'a']) await get(token);
  expect(asked).toEqual(['a', 'b', 'c', 'a']);
});
