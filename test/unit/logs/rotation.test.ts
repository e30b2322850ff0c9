import { describe, expect, test } from 'vitest';
import { isFirstFile } from '../../../src/logs/resume.ts';
import { RotationGuard } from '../../../src/logs/rotation.ts';

const at = (ms: number) => ({ seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1e6 });
const much = 300_000;

describe('where a stream passes to another file', () => {
  test('nothing is asked before a file can be full', () => {
    const guard = new RotationGuard(true);
    expect(guard.passes(at(1_000), 100)).toBe(false);
    expect(guard.isDoubtful(at(2_000))).toBe(false);
    guard.passes(at(2_000), much);
    expect(guard.isDoubtful(at(3_000))).toBe(true);
  });

  test('without the beginning of the file it may be full at once', () => {
    expect(new RotationGuard(false).isDoubtful(at(1_000))).toBe(true);
  });

  test('what was written before the question is safe, and what came after is not', () => {
    const guard = new RotationGuard(true);
    guard.passes(at(1_000), much);
    expect(guard.asked(at(1_000), 5_000)).toBe(false);
    expect(guard.isDoubtful(at(4_999))).toBe(false);
    expect(guard.isDoubtful(at(5_000))).toBe(true);
  });

  test('the first line of a new file is behind a gap, and the file counts anew', () => {
    const guard = new RotationGuard(true);
    guard.passes(at(1_000), much);
    guard.asked(at(1_000), 5_000);
    expect(guard.asked(at(6_000), 7_000)).toBe(false);
    expect(guard.passes(at(5_999), 10)).toBe(false);
    expect(guard.passes(at(6_000), 10)).toBe(true);
    expect(guard.passes(at(6_001), 10)).toBe(false);
    expect(guard.isDoubtful(at(99_000))).toBe(false);
  });

  test('two files may have been begun where nobody has asked for long', () => {
    const guard = new RotationGuard(true);
    guard.passes(at(1_000), much);
    guard.asked(at(1_000), 5_000);
    expect(guard.asked(at(6_000), 7_501)).toBe(true);
    expect(guard.passes(at(6_000), 10)).toBe(true);
  });

  test('a file that was read from the middle on has its beginning before that', () => {
    const guard = new RotationGuard(false, at(5_000));
    expect(guard.asked(at(1_000), 6_000)).toBe(false);
    expect(guard.passes(at(6_000), 10)).toBe(false);
    const other = new RotationGuard(false, at(5_000));
    other.asked(at(5_500), 6_000);
    expect(other.passes(at(6_000), 10)).toBe(true);
  });

  test('an empty newest file says that what was read is before it', () => {
    const guard = new RotationGuard(true);
    guard.passes(at(1_000), much);
    guard.asked(at(1_000), 3_000);
    expect(guard.askedInVain(5_000)).toBe(false);
    expect(guard.isDoubtful(at(4_000))).toBe(false);
    expect(guard.asked(at(5_500), 6_000)).toBe(false);
    expect(guard.passes(at(5_500), 10)).toBe(true);
  });

  test('two empty files in a row have another one between them', () => {
    const guard = new RotationGuard(true);
    guard.passes(at(1_000), much);
    guard.asked(at(1_000), 3_000);
    expect(guard.askedInVain(5_000)).toBe(false);
    expect(guard.askedInVain(6_000)).toBe(true);
  });

  test('a first look that finds another file than the one that is read', () => {
    const guard = new RotationGuard(true);
    guard.passes(at(1_000), much);
    expect(guard.asked(at(3_000), 4_000)).toBe(true);
  });
});

describe('whether a file is the first of its container', () => {
  test.each([
    [1_999, 0, true],
    [2_000, 0, true],
    [2_001, 0, false],
    [9_000, 8_000, true],
    [9_000, undefined, false],
  ])('first line at %i, start at %s', (first, start, expected) => {
    expect(isFirstFile(at(first), start)).toBe(expected);
  });
});
