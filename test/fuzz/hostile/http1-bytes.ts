import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Random } from '../../faults/random.ts';
import { mutateBytes, mutateText } from '../mutate.ts';
import { httpMethods, pathOf, requestBytes, requestJson } from './messages.ts';

const types = [
  'application/json',
  'application/json',
  'application/json; charset=utf-8',
  'application/proto',
  'application/connect+json',
  'application/connect+proto',
  'application/grpc-web',
  'application/grpc-web+proto',
  'application/grpc-web-text',
  'application/grpc',
  'text/html',
  '',
];
const pages = [
  '/livez',
  '/readyz?verbose',
  '/metrics',
  '/',
  '/..',
  '/__proto__',
  '//',
  '/%',
  '*',
  'http://x/',
  '/livez\u00ff',
];
const extra = [
  'Connect-Protocol-Version: 1',
  'Connect-Protocol-Version: 9',
  'Connect-Timeout-Ms: 1',
  'Connect-Timeout-Ms: -1',
  'Connect-Timeout-Ms: 1e99',
  'Grpc-Timeout: 5x',
  'Origin: http://evil',
  'Expect: 100-continue',
  'Upgrade: h2c',
  'Connection: Upgrade, HTTP2-Settings',
  'Content-Encoding: gzip',
  'Content-Encoding: br',
  'Content-Encoding: x',
  'Authorization: Bearer x',
  'Traceparent: x',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip',
  'Content-Length: 3',
  'X-A: \u001b[31m',
  'X-A:\u0000',
  'No colon',
  `X-Long: ${'y'.repeat(9_000)}`,
];

/** One request over HTTP/1.1, of a stranger: some are right but for what they hold, and some are nothing at all. */
export function hostileHttp1(random: Random): Buffer {
  const method = random.pick(httpMethods);
  const type = random.pick(types);
  const body = bodyOf(type, random, method);
  const isPage = random.next() < 0.1;
  const verb = isPage
    ? random.pick(['GET', 'HEAD', 'POST', 'OPTIONS', 'TRACE', 'CONNECT'])
    : random.pick(['POST', 'POST', 'POST', 'POST', 'GET', 'PUT']);
  const more = Array.from({ length: random.pick([0, 0, 1, 2]) }, () => random.pick(extra));
  const length = random.next() < 0.95 ? body.length : random.pick([0, 1, body.length + 10, 5_000_000, -1]);
  const head = [
    `${verb} ${isPage ? random.pick(pages) : pathOf(method)} HTTP/1.1`,
    `Host: ${random.next() < 0.95 ? 'localhost' : 'evil.example'}`,
    'Connection: close',
    ...(type === '' ? [] : [`Content-Type: ${type}`]),
    `Content-Length: ${length}`,
    ...more,
  ].join('\r\n');
  const shown = random.next() < 0.9 ? head : mutateText([head], ['\r\n', ': ', ' HTTP/1.1', '\n'], random);
  const whole = Buffer.concat([Buffer.from(`${shown}\r\n\r\n`, 'latin1'), body]);
  if (random.next() < 0.05) return mutateBytes([whole], random);
  return random.next() < 0.05 ? whole.subarray(0, random.between(0, whole.length)) : whole;
}

function bodyOf(type: string, random: Random, method: (typeof httpMethods)[number]): Buffer {
  const message = type.includes('json')
    ? Buffer.from(requestJson(method, random))
    : requestBytes(method, random);
  const packed = random.next() < 0.1 ? random.pick([gzipSync, brotliCompressSync])(message) : message;
  if (!/connect|grpc/.test(type)) return packed;
  const head = Buffer.alloc(5);
  head[0] = random.next() < 0.9 ? 0 : random.between(0, 255);
  head.writeUInt32BE(random.next() < 0.9 ? packed.length : random.pick([0, 1, 4_294_967_295]), 1);
  return Buffer.concat([head, packed]);
}

/** What must not come over HTTP: 500 is what INTERNAL and UNKNOWN become. A stream says it in its last line. */
export const brokenIn = (said: Buffer): string | undefined =>
  /^HTTP\/1\.1 (?:500|502)[^\r]*|"code":"(?:internal|unknown)"[^}]*|grpc-status: ?(?:13|2)\b/m.exec(
    said.toString('latin1'),
  )?.[0];
