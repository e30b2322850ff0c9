import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLineReader, type LogLine } from '../../../src/logs/log-line.ts';
import { compareTimes, type LogTime, msOf, parseLogTime, rfc3339 } from '../../../src/logs/log-time.ts';

const at = '2026-11-27T16:37:27.704723928Z';

/** The lines of a text that comes in pieces of a size. */
function read(text: string | Buffer, size = 1_000_000, longest?: number): readonly LogLine[] {
  const reader = createLineReader(longest);
  const bytes = Buffer.from(text);
  const lines: LogLine[] = [];
  for (let i = 0; i < bytes.length; i += size) lines.push(...reader.lines(bytes.subarray(i, i + size)));
  const rest = reader.rest();
  return rest === undefined ? lines : [...lines, { ...rest, text: `${rest.text}<rest>` }];
}

describe('a time of the log', () => {
  test.each([
    [at, 1_795_797_447, 704_723_928],
    ['2026-11-27T16:37:27Z', 1_795_797_447, 0],
    ['2026-11-27T16:37:27.5Z', 1_795_797_447, 500_000_000],
    ['2026-11-27T18:37:27.000000001+02:00', 1_795_797_447, 1],
  ])('%s', (text, seconds, nanos) => {
    expect(parseLogTime(text)).toEqual({ seconds, nanos });
  });

  test.each(['', 'line', '2026-11-27', '2026-11-27T16:37:27', '2026-99-27T16:37:27Z', `${at} `])(
    '%j is none',
    (text) => {
      expect(parseLogTime(text)).toBeUndefined();
    },
  );

  test('is asked for by its second', () => {
    expect(rfc3339({ seconds: 1_795_797_447, nanos: 999_999_999 })).toBe('2026-11-27T16:37:27Z');
  });

  test('is ordered by nanoseconds, and told in milliseconds', () => {
    const times: LogTime[] = [
      { seconds: 2, nanos: 0 },
      { seconds: 1, nanos: 2 },
      { seconds: 1, nanos: 1 },
    ];
    expect(times.toSorted(compareTimes).map((t) => msOf(t))).toEqual([1000.000001, 1000.000002, 2000]);
  });
});

describe('lines of an answer', () => {
  test('have their time in front, and keep what follows as it is', () => {
    const time = parseLogTime(at);
    expect(read(`${at} one\n${at}  two \r\n${at} \n`)).toEqual([
      { time, text: 'one', truncated: false },
      { time, text: ' two \r', truncated: false },
      { time, text: '', truncated: false },
    ]);
  });

  test('have no time where the node says something else', () => {
    expect(read('unable to retrieve container logs\n\n')).toEqual([
      { time: undefined, text: 'unable to retrieve container logs', truncated: false },
      { time: undefined, text: '', truncated: false },
    ]);
  });

  test('of one second and of another are told apart', () => {
    const next = at.replace(':27.', ':28.');
    const [first, second, third] = read(`${at} a\n${next} b\n${at} c\n`);
    expect([first, second, third].map((l) => l?.time?.seconds)).toEqual([
      1_795_797_447, 1_795_797_448, 1_795_797_447,
    ]);
  });

  test('without an end are the rest, once', () => {
    const reader = createLineReader();
    expect([...reader.lines(Buffer.from(`${at} whole\n${at} ha`))].map((l) => l.text)).toEqual(['whole']);
    expect(reader.rest()?.text).toBe('ha');
    expect(reader.rest()).toBeUndefined();
  });

  test('that are too long are cut, between characters, and the next one is whole', () => {
    const lines = read(`${at} ${'x'.repeat(9)}ö${'y'.repeat(100_000)}\n${at} next\n`, 1_000, 10);
    expect(lines.map(({ text, truncated }) => [text, truncated])).toEqual([
      ['x'.repeat(9), true],
      ['next', false],
    ]);
  });

  test('as long as they may be are not', () => {
    expect(read(`${at} ${'x'.repeat(10)}\n`, 3, 10)).toMatchObject([
      { text: 'x'.repeat(10), truncated: false },
    ]);
  });

  test('that are not UTF-8 are replaced', () => {
    expect(
      read(Buffer.concat([Buffer.from(`${at} a`), Buffer.from([0xff, 0xc3]), Buffer.from('b\n')])),
    ).toEqual([{ time: parseLogTime(at), text: 'a\ufffd\ufffdb', truncated: false }]);
  });

  test('are the same however the answer is cut into chunks', () => {
    const text = fc.stringMatching(/^[ -~äß€\t]{0,40}$/);
    fc.assert(
      fc.property(fc.array(text, { maxLength: 20 }), fc.integer({ min: 1, max: 50 }), (texts, size) => {
        const whole = texts.map((line) => `${at} ${line}\n`).join('');
        expect(read(whole, size, 20)).toEqual(read(whole, whole.length + 1, 20));
        expect(read(whole, size).map((l) => l.text)).toEqual(texts);
      }),
    );
  });
});
