import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkKey, formatKey, maximumAttempt, type StepKey, sameKey, stepId } from '../../../src/step/key.ts';

const valid: StepKey = { tenant: 'acme', runId: 'run', stepId: 'step', attempt: 0 };
/** Parts that make trouble where they are joined: digits, colons, dashes. */
const part = fc.oneof(fc.string({ maxLength: 6 }), fc.stringMatching(/^[0-9:xyz-]{0,6}$/));
const anyKey: fc.Arbitrary<StepKey> = fc.record({
  tenant: part,
  runId: part,
  stepId: part,
  attempt: fc.nat({ max: 30 }),
});

describe('the id of a step', () => {
  test('two keys have the same id exactly if all their parts are the same', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        expect(stepId(a) === stepId(b)).toBe(sameKey(a, b));
      }),
      { numRuns: 5_000 },
    );
  });

  test.each<[string, Partial<StepKey>, Partial<StepKey>]>([
    ['run x-y step z is not run x step y-z', { runId: 'x-y', stepId: 'z' }, { runId: 'x', stepId: 'y-z' }],
    ['lengths cannot be forged', { runId: 'a1:b', stepId: 'c' }, { runId: 'a', stepId: '1:b1:c' }],
    [
      'step s1 attempt 0 is not step s attempt 10',
      { stepId: 's1', attempt: 0 },
      { stepId: 's', attempt: 10 },
    ],
  ])('%s', (_, a, b) => {
    expect(stepId({ ...valid, ...a })).not.toBe(stepId({ ...valid, ...b }));
  });

  test('each part tells keys apart', () => {
    for (const change of [{ tenant: 'b' }, { runId: 'b' }, { stepId: 'b' }, { attempt: 1 }]) {
      expect(sameKey(valid, { ...valid, ...change })).toBe(false);
    }
    expect(sameKey(valid, { ...valid })).toBe(true);
  });

  test('people read TENANT/RUN/STEP@ATTEMPT', () => {
    expect(formatKey({ ...valid, attempt: 2 })).toBe('acme/run/step@2');
  });
});

const identifier = 'must be a lower-case letter and then at most 62 of a-z, 0-9, "-" and "_"';

describe('what is wrong with a key', () => {
  test.each<[string, Partial<StepKey>]>([
    ['the shortest', { tenant: 'a', runId: '1', stepId: 'b', attempt: 0 }],
    [
      'the longest',
      {
        tenant: `a${'_'.repeat(62)}`,
        runId: 'r'.repeat(128),
        stepId: `s${'-'.repeat(62)}`,
        attempt: maximumAttempt,
      },
    ],
    ['an opaque run of any script', { runId: 'Прогон №7 / 実行 🚀' }],
  ])('nothing: %s', (_, change) => {
    expect(checkKey({ ...valid, ...change }, 'key')).toEqual([]);
  });

  test.each<[string, Partial<StepKey>, string, string]>([
    ['no tenant', { tenant: '' }, 'key.tenant', 'is required'],
    ['no step', { stepId: '' }, 'key.step_id', 'is required'],
    ['no run', { runId: '' }, 'key.run_id', 'is required'],
    ['a tenant in capitals', { tenant: 'Acme' }, 'key.tenant', identifier],
    ['a tenant that climbs', { tenant: '../etc' }, 'key.tenant', identifier],
    ['a step that begins with a digit', { stepId: '1step' }, 'key.step_id', identifier],
    ['a step of 64 characters', { stepId: 's'.repeat(64) }, 'key.step_id', identifier],
    ['a line break at the end', { stepId: 'step\n' }, 'key.step_id', identifier],
    [
      'a run that is too long',
      { runId: 'r'.repeat(129) },
      'key.run_id',
      'must be at most 128 characters long, has 129',
    ],
    ['a NUL in a run', { runId: 'a\0b' }, 'key.run_id', 'must not contain control characters'],
    ['a line separator in a run', { runId: 'a\u2028b' }, 'key.run_id', 'must not contain control characters'],
    ['a space before a run', { runId: ' a' }, 'key.run_id', 'must not begin or end with white space'],
    ['half a character in a run', { runId: 'a\ud800' }, 'key.run_id', 'must be well-formed Unicode'],
    ['a negative attempt', { attempt: -1 }, 'key.attempt', 'must be from 0 to 9999'],
    ['an attempt beyond the limit', { attempt: 10_000 }, 'key.attempt', 'must be from 0 to 9999'],
    ['half an attempt', { attempt: 0.5 }, 'key.attempt', 'must be from 0 to 9999'],
    ['no number', { attempt: Number.NaN }, 'key.attempt', 'must be from 0 to 9999'],
  ])('%s', (_, change, field, message) => {
    expect(checkKey({ ...valid, ...change }, 'key')).toEqual([{ field, message }]);
  });

  test('everything at once', () => {
    const wrong = checkKey({ tenant: '', runId: '', stepId: '', attempt: -1 }, 'target.key');
    expect(wrong.map((v) => v.field)).toEqual([
      'target.key.tenant',
      'target.key.step_id',
      'target.key.run_id',
      'target.key.attempt',
    ]);
  });
});
