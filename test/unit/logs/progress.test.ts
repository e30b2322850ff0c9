import { describe, expect, test } from 'vitest';
import type { Goal } from '../../../src/logs/goal.ts';
import { type ProgressCase, progressOf } from '../../../src/logs/progress.ts';

const at = (nanos: number, ordinal = 1) => ({ time: { seconds: 1, nanos }, ordinal });
const start = { pod: 'uid-1', container: 'agent' };
const last: Goal = { ...at(5), open: undefined };
const ended: ProgressCase = { position: start, goal: last, ended: true, selection: {} };
const orderly = (gained: number) => ({ how: 'orderly', gained }) as const;

describe('whether a log is read', () => {
  test.each<[string, Partial<ProgressCase>, string]>([
    ['not while it goes on', { goal: undefined }, 'again'],
    ['up to its last line', { position: { ...start, line: at(5) } }, 'done'],
    ['not up to a line before that', { position: { ...start, line: at(4) } }, 'again'],
    [
      'not up to the first of two lines of one time',
      { goal: { ...at(5, 2), open: undefined }, position: { ...start, line: at(5) } },
      'again',
    ],
    ['not by the end of an answer alone', { read: orderly(0) }, 'again'],
    [
      'with a gap, where the last line is older than what was read',
      { position: { ...start, line: at(6) } },
      'CLOCK_BACK',
    ],
    [
      'beyond what was there when it was asked',
      { position: { ...start, line: at(6) }, ended: false },
      'done',
    ],
    ['if it is empty', { goal: 'empty', read: orderly(0) }, 'done'],
    ['not if nobody has looked', { goal: 'empty' }, 'again'],
    [
      'with a gap, where an empty file has taken the place of what was read',
      { goal: 'empty', position: { ...start, line: at(1) } },
      'ROTATED',
    ],
    ['where its end is not known and nothing more comes', { goal: 'unknown', read: orderly(0) }, 'done'],
    ['not where its end is not known and more came', { goal: 'unknown', read: orderly(1) }, 'again'],
    ['with a gap, where the node has none', { goal: 'unreadable' }, 'UNREADABLE'],
    ['where no line was asked for', { selection: { tailLines: 0 }, read: orderly(0) }, 'done'],
    [
      'where all is older than what was asked for',
      { selection: { since: { seconds: 2, nanos: 0 } }, read: orderly(0) },
      'done',
    ],
    [
      'not where something was asked for',
      { selection: { since: { seconds: 1, nanos: 5 } }, read: orderly(0) },
      'again',
    ],
  ])('%s', (_, more, expected) => {
    expect(progressOf({ ...ended, ...more })).toBe(expected);
  });
});
