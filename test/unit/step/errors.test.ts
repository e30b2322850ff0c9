import { describe, expect, test } from 'vitest';
import { ExecutorError, invalidRequest } from '../../../src/step/errors.ts';

describe('an invalid request', () => {
  const violations = (n: number) =>
    Array.from({ length: n }, (_, i) => ({ field: `f${i}`, message: 'is wrong' }));

  test('says the first five in its message, and how many more there are', () => {
    expect(invalidRequest(violations(1)).message).toBe('f0: is wrong');
    expect(invalidRequest(violations(7)).message).toMatch(/^f0: is wrong; .*f4: is wrong; and 2 more$/);
  });

  test('has them all in its details', () => {
    expect(invalidRequest(violations(7))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      violations: violations(7),
    });
  });
});

describe('an error of the executor', () => {
  test('has nothing that was not said', () => {
    const error = new ExecutorError({ code: 'INTERNAL', reason: 'INTERNAL', message: 'no' });
    expect(error).toMatchObject({
      metadata: {},
      violations: [],
      retryAfterMs: undefined,
      name: 'ExecutorError',
    });
    expect(error.cause).toBeUndefined();
  });
});
