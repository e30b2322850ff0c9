import { expect, test } from 'vitest';
import { listening, parseListenAddress } from '../../../src/lib/listen-address.ts';

test.for([
  ['127.0.0.1:50051', { kind: 'tcp', host: '127.0.0.1', port: 50051 }],
  ['localhost:0', { kind: 'tcp', host: 'localhost', port: 0 }],
  ['[::1]:1', { kind: 'tcp', host: '::1', port: 1 }],
  [':8080', { kind: 'tcp', host: '', port: 8080 }],
  ['unix:/run/glip.sock', { kind: 'unix', path: '/run/glip.sock' }],
  ['unix:///run/glip.sock', { kind: 'unix', path: '/run/glip.sock' }],
  ['unix:relative.sock', { kind: 'unix', path: 'relative.sock' }],
] as const)('%s is parsed', ([text, want]) => {
  expect(parseListenAddress(text)).toEqual(want);
});

test.for([
  '',
  '50051',
  'localhost',
  'localhost:',
  'localhost:http',
  '::1:50051',
  '127.0.0.1:65536',
  'http://localhost:1',
  'unix:',
])('"%s" is refused with an example', (text) => {
  expect(() => parseListenAddress(text)).toThrow(
    /is no address to listen on: use HOST:PORT such as 127\.0\.0\.1:50051/,
  );
});

test.for([
  ['127.0.0.1:0', '127.0.0.1:4711'],
  ['[::1]:0', '[::1]:4711'],
  ['unix:///tmp/x', 'unix:/tmp/x'],
] as const)('%s on port 4711 is dialled as %s', ([text, want]) => {
  expect(listening(parseListenAddress(text), 4711).address).toBe(want);
});
