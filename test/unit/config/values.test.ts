import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatAddress, parseAddress } from '../../../src/config/address.ts';
import { closest, editDistance } from '../../../src/config/did-you-mean.ts';
import { durationOfMs, formatDuration, parseDuration } from '../../../src/config/duration.ts';

describe('a duration', () => {
  test.for([
    ['1h30m', 5_400_000],
    ['90s', 90_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['1m1ms', 60_001],
    ['0', 0],
    ['0s', 0],
    ['0.1s', 100],
  ] as const)('%s', ([text, ms]) => {
    expect(parseDuration(text)).toEqual({ ok: true, value: { ms, seconds: ms / 1000 } });
  });

  test.for([
    ['', '"" is not a duration, such as 90s, 15m, 1h30m or 500ms'],
    ['900', '"900" is not a duration: the unit is missing; write 900s, 900m or 900h'],
    ['2d', '"2d" is not a duration; write 48h'],
    ['1m1h', '"1m1h" is not a duration, such as 90s, 15m, 1h30m or 500ms'],
    ['-1s', '"-1s" is not a duration, such as 90s, 15m, 1h30m or 500ms'],
    ['0.0001s', '"0.0001s" is not a whole number of milliseconds'],
    [`${'9'.repeat(30)}h`, `"${'9'.repeat(30)}h" is not a whole number of milliseconds`],
    [`${'1'.repeat(60)}s`, `"${'1'.repeat(40)}…" is not a duration, such as 90s, 15m, 1h30m or 500ms`],
  ] as const)('is not %s', ([text, message]) => {
    expect(parseDuration(text)).toEqual({ ok: false, message });
  });

  test('is read back as it was printed', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 50 }), (ms) => {
        expect(parseDuration(formatDuration(durationOfMs(ms)))).toEqual({
          ok: true,
          value: durationOfMs(ms),
        });
      }),
    );
  });
});

describe('an address', () => {
  test.for([
    ['127.0.0.1:7070', { host: '127.0.0.1', port: 7070 }],
    ['[::1]:0', { host: '::1', port: 0 }],
    ['glip-executor.ns.svc:65535', { host: 'glip-executor.ns.svc', port: 65_535 }],
  ] as const)('%s', ([text, value]) => {
    expect(parseAddress(text)).toEqual({ ok: true, value });
    expect(formatAddress(value)).toBe(text);
  });

  test.for([
    ['7070', 'has no host; write 127.0.0.1:7070'],
    ['http://localhost:7070', 'is a URL; write HOST:PORT only'],
    ['::1', 'is an IPv6 address without brackets; write [::1]:7070'],
    ['a b:1', 'is not HOST:PORT, such as 127.0.0.1:7070 or [::1]:7070'],
    ['host:port', 'is not HOST:PORT, such as 127.0.0.1:7070 or [::1]:7070'],
  ] as const)('is not %s', ([text, message]) => {
    expect(parseAddress(text)).toEqual({ ok: false, message: `"${text}" ${message}` });
  });
});

describe('did you mean', () => {
  test.for([
    ['sevre', 'serve'],
    ['GRPC_ADRESS', 'grpcAddress'],
    ['xyz', undefined],
    ['', undefined],
  ] as const)('%s', ([word, want]) => {
    expect(closest(word, ['version', 'serve', 'grpcAddress'])).toBe(want);
  });

  test.for([
    ['ab', 'ba', 1],
    ['abc', 'acb', 1],
    ['ca', 'abc', 3],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
  ] as const)('%s and %s are %d apart', ([a, b, want]) => {
    expect(editDistance(a, b)).toBe(want);
  });

  test('a distance is symmetric, and 0 only between equals', () => {
    const word = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
      }),
    );
  });
});
