import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { behind, type Position, parsePosition, printPosition } from '../../../src/logs/position.ts';
import { createResume } from '../../../src/logs/resume.ts';

const pod = '9fe1c52a-88cf-40ed-a7fd-02ef7138a388';
const start: Position = { pod, container: 'agent' };
const times = fc.record({
  seconds: fc.integer({ min: 0, max: 253_402_300_799 }),
  nanos: fc.integer({ min: 0, max: 999_999_999 }),
});

describe('a cursor of a log', () => {
  test('is read as it was printed', () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 999_999_999 }), (time, ordinal) => {
        const place: Position = { ...start, line: { time, ordinal } };
        const text = printPosition(place);
        expect(parsePosition(text, 'cursor')).toEqual(place);
        expect(text.length).toBeLessThanOrEqual(256);
      }),
    );
    expect(parsePosition(printPosition(start), 'cursor')).toEqual(start);
  });

  test.each([
    '',
    'x',
    'MQ',
    `${printPosition(start)}=`,
    Buffer.from(`1.${pod}.Agent.`).toString('base64url'),
    Buffer.from(`2.${pod}.agent.`).toString('base64url'),
    Buffer.from(`1.${pod}.agent.1.2`).toString('base64url'),
    Buffer.from(`1.${'a'.repeat(300)}.agent.`).toString('base64url'),
  ])('%j is none', (text) => {
    expect(() => parsePosition(text, 'cursor')).toThrow(/cursor: is not a cursor of StreamLogs/);
  });

  test('counts the lines of one time', () => {
    const [a, b] = [
      { seconds: 1, nanos: 0 },
      { seconds: 1, nanos: 1 },
    ];
    const places = [1, 2, 3].map((n) => [a, a, b].slice(0, n).reduce(behind, start));
    expect(places.map((p) => p.line?.ordinal)).toEqual([1, 2, 1]);
  });
});

describe('resuming', () => {
  /** Lines of a log whose times repeat; nothing else tells them apart. */
  const log = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 2 })), {
      minLength: 1,
      maxLength: 30,
    })
    .map((steps) => {
      let [seconds, nanos] = [100, 0];
      return steps.map(([s, n], number) => {
        if (s > 0) nanos = 0;
        seconds += s;
        nanos += n;
        return { time: { seconds, nanos }, number };
      });
    });

  test('goes on with the line behind the cursor, whatever was asked for before it', () => {
    fc.assert(
      fc.property(log, fc.nat(), (lines, cut) => {
        const read = cut % lines.length;
        const place = lines.slice(0, read + 1).reduce((p, { time }) => behind(p, time), start);
        // The kubelet leaves out what was written before the second that is asked for.
        const answer = lines.filter(({ time }) => time.seconds >= (place.line?.time.seconds ?? 0));
        const fate = createResume(place);
        const told = answer
          .map((line) => ({ ...line, fate: fate(line.time) }))
          .filter((l) => l.fate !== 'known');
        expect(told.map((l) => l.number)).toEqual(lines.slice(read + 1).map((l) => l.number));
        expect(told.every((l) => l.fate === 'new')).toBe(true);
      }),
    );
  });

  test('marks a gap, once and before the first new line, exactly if the line of the cursor is not there', () => {
    fc.assert(
      fc.property(log, fc.nat(), fc.nat(), (lines, cut, taken) => {
        const read = cut % lines.length;
        const place = lines.slice(0, read + 1).reduce((p, { time }) => behind(p, time), start);
        const isLater = (n: number) => (lines[n]?.time.seconds ?? 0) > (lines[read]?.time.seconds ?? 0);
        const file = lines.filter(({ number }) => number > read + (taken % 3) && isLater(number));
        const fate = createResume(place);
        const fates = file.map(({ time }) => fate(time));
        expect(fates).toEqual(file.map((_, i) => (i === 0 ? 'behind-a-gap' : 'new')));
      }),
    );
  });

  test('leaves out the rest of a line that began before', () => {
    const fate = createResume({ ...start, line: { time: { seconds: 5, nanos: 0 }, ordinal: 1 } });
    expect(fate(undefined)).toBe('known');
    expect(fate({ seconds: 5, nanos: 0 })).toBe('known');
    expect(fate(undefined)).toBe('new');
  });

  test('finds everything new at the beginning', () => {
    expect(createResume(start)({ seconds: 1, nanos: 0 })).toBe('new');
  });
});
