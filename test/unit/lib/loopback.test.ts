import { expect, test } from 'vitest';
import { assertLoopback, isLoopbackAddress, isLoopbackName } from '../../../src/lib/loopback.ts';

test.for([
  ['127.0.0.1', true],
  ['127.255.255.254', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['::ffff:10.0.0.1', false],
  ['0.0.0.0', false],
  ['::', false],
  ['128.0.0.1', false],
  ['localhost', false],
  ['', false],
] as const)('%s is a loopback address: %s', ([address, want]) => {
  expect(isLoopbackAddress(address)).toBe(want);
});

test.for([
  ['localhost', true],
  ['LocalHost', true],
  ['app.localhost', true],
  ['[::1]', true],
  ['127.0.0.1', true],
  ['localhost.evil.example', false],
  ['evillocalhost', false],
  ['127.0.0.1.nip.io', false],
  ['', false],
] as const)('the name %s can only mean loopback: %s', ([name, want]) => {
  expect(isLoopbackName(name)).toBe(want);
});

test.for(['127.0.0.1', '127.9.9.9', '::1', '[::1]', 'localhost'])('%s may be listened on', async (host) => {
  await expect(assertLoopback(host)).resolves.toBeUndefined();
});

test.for(['0.0.0.0', '::', '', '192.0.2.7', '2001:db8::1'])(
  '"%s" may not, and the message says what to do',
  async (host) => {
    await expect(assertLoopback(host)).rejects.toThrow(/without TLS.*Listen on 127\.0\.0\.1/);
  },
);

test('a name that does not resolve is named', async () => {
  await expect(assertLoopback('no-such-host.invalid')).rejects.toThrow(
    'cannot resolve the host name "no-such-host.invalid"',
  );
});
