import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCursor, printCursor } from '../../../src/step/cursor.ts';
import { ExecutorError } from '../../../src/step/errors.ts';
import { type Coordinate, rank, stepPhases, stepStates } from '../../../src/step/state.ts';

const coordinate: fc.Arbitrary<Coordinate> = fc.record({
  incarnation: fc.nat({ max: 1_000_000 }),
  phase: fc.constantFrom(...stepPhases),
  state: fc.constantFrom(...stepStates),
});

describe('a cursor', () => {
  test('says what it was made of', () => {
    fc.assert(
      fc.property(fc.uuid(), coordinate, (jobUid, at) => {
        expect(parseCursor(printCursor(jobUid, at), 'cursor')).toEqual({ jobUid, rank: rank(at) });
      }),
    );
  });

  test.each([
    ['any word', 'hello'],
    ['nothing', ''],
    ['another version', Buffer.from('2.uid.3').toString('base64url')],
    ['a negative place', Buffer.from('1.uid.-3').toString('base64url')],
    ['a place beyond all numbers', Buffer.from('1.uid.9999999999').toString('base64url')],
    ['a uid with a path', Buffer.from('1.../../x.3').toString('base64url')],
    ['no uid', Buffer.from('1..3').toString('base64url')],
    ['a megabyte', Buffer.from(`1.${'a'.repeat(1_000_000)}.3`).toString('base64url')],
  ])('%s is none', (_, text) => {
    expect(() => parseCursor(text, 'cursor')).toThrow(ExecutorError);
    expect(() => parseCursor(text, 'cursor')).toThrow(/^cursor: is not a cursor of this service/);
  });

  test('of any text is one, or refused with its field', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        try {
          parseCursor(text, 'from');
        } catch (error) {
          expect(error).toMatchObject({
            code: 'INVALID_ARGUMENT',
            reason: 'INVALID_REQUEST',
            violations: [{ field: 'from' }],
          });
        }
      }),
    );
  });
});

describe('the order of a history', () => {
  test('incarnation, then phase, then state', () => {
    fc.assert(
      fc.property(coordinate, coordinate, (a, b) => {
        const order = (at: Coordinate) => [at.incarnation, stepPhases.indexOf(at.phase)] as const;
        const [[ai, ap], [bi, bp]] = [order(a), order(b)];
        if (ai !== bi) expect(rank(a) < rank(b)).toBe(ai < bi);
        else if (ap !== bp) expect(rank(a) < rank(b)).toBe(ap < bp);
      }),
    );
  });

  test('final states rank alike', () => {
    const ranks = (['SUCCEEDED', 'FAILED', 'CANCELLED', 'TIMED_OUT'] as const).map((state) =>
      rank({ incarnation: 0, phase: 'FINISHED', state }),
    );
    expect(new Set(ranks).size).toBe(1);
  });
});
