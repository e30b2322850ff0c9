import type { Random } from '../../faults/random.ts';
import {
  endHeaders,
  endStream,
  frame,
  frameTypes,
  literal,
  preface,
  requestFields,
  settings,
} from '../../support/raw-http2.ts';
import { methods, pathOf, requestBytes } from './messages.ts';

/** What is said on one connection, in pieces as they are written, and how many calls are among it. */
export interface Speech {
  readonly pieces: readonly Buffer[];
  readonly calls: number;
}

const names = [
  'x-a',
  'X-A',
  ':path',
  ':evil',
  'content-length',
  'te',
  'connection',
  'transfer-encoding',
  'grpc-timeout',
  'grpc-encoding',
  'x-bin',
  'authorization',
  'cookie',
  'user-agent',
  'traceparent',
  'glip-visit',
  'glip-malformed-timeout',
  '',
  'a b',
  '\u0000',
];
const values = [
  '',
  '1',
  '-1',
  'gzip',
  'identity',
  'deflate',
  'br',
  '1S',
  '99999999H',
  '1x',
  '%%%',
  'Bearer x',
  'trailers',
  'chunked',
  '\u0000',
  '\n',
  '\u001b[31m',
  'ä',
  '\u{1f9ea}',
  'x'.repeat(9_000),
  '5',
  '999999999999999999999',
];
const paths = [
  '',
  '/',
  '*',
  '/x',
  '//',
  '/__proto__',
  '/constructor',
  '/glip.executor.v1.ExecutorService/',
  '/\u00ff',
  '/%00',
  `/${'y'.repeat(9_000)}`,
];

/** So that the server writes each status out, and none as a number in a table. */
const noTable = [1, 0] as const;

/** HTTP/2 as no library would write it. */
export function hostileHttp2(random: Random): Speech {
  const calls = random.between(1, 12);
  // Half of them break no rule of HTTP/2, so that what they say in it is heard.
  if (random.next() < 0.5) {
    const own = Array.from({ length: calls }, (_, i) => wellFramed(1 + 2 * i, random)).flat();
    return { pieces: [Buffer.concat([preface, settings(noTable), ...own])], calls };
  }
  const frames: Buffer[] = [
    random.next() < 0.95 ? preface : mutilated(preface, random),
    random.next() < 0.95 ? settings(noTable, ...someSettings(random)) : Buffer.alloc(0),
  ];
  for (let i = 0; i < calls; i++) frames.push(...call(1 + 2 * i, random));
  if (random.next() < 0.3) frames.push(strayFrame(random));
  const mangled = frames.map((each) => (random.next() < 0.03 ? mutilated(each, random) : each));
  const ordered = random.next() < 0.05 ? random.shuffled(mangled) : mangled;
  return { pieces: random.next() < 0.8 ? [Buffer.concat(ordered)] : ordered, calls };
}

function someSettings(random: Random): (readonly [number, number])[] {
  return Array.from({ length: random.between(0, 3) }, () => [
    random.between(0, 9),
    random.pick([0, 1, 65_535, 16_384, 16_777_215, 2_147_483_647, 4_294_967_295]),
  ]);
}

const harmless = [
  'x-a',
  'grpc-timeout',
  'grpc-encoding',
  'x-bin',
  'authorization',
  'user-agent',
  'traceparent',
  'glip-visit',
  'glip-malformed-timeout',
];
const sayable = [
  '1',
  'gzip',
  'identity',
  'br',
  '1S',
  '99999999H',
  '1x',
  '%%%',
  'Bearer x',
  'ä',
  '\u001b[31m'.slice(1),
];

/** A call whose headers and message are of a stranger, in frames that are right. */
function wellFramed(id: number, random: Random): Buffer[] {
  const more = Array.from(
    { length: random.pick([0, 0, 1, 2]) },
    () => [random.pick(harmless), random.pick(sayable)] as const,
  );
  const method = random.pick(methods);
  const path = random.next() < 0.95 ? pathOf(method) : random.pick(['/x', '/__proto__', '/\u00ff']);
  const head = frame(frameTypes.headers, endHeaders, id, requestFields(path, more));
  const body = frame(frameTypes.data, endStream, id, envelope(requestBytes(method, random), random));
  const roll = random.next();
  if (roll < 0.1) return [head, reset(id, random)];
  return roll < 0.2 ? [head, body, reset(id, random)] : [head, body];
}

function call(id: number, random: Random): Buffer[] {
  const method = random.pick(methods);
  const more = Array.from(
    { length: random.pick([0, 0, 0, 1, 2, 30]) },
    () => [random.pick(names), random.pick(values)] as const,
  );
  const path = random.next() < 0.9 ? pathOf(method) : random.pick(paths);
  let fields = requestFields(path, more);
  if (random.next() < 0.1) fields = mutilated(fields, random);
  if (random.next() < 0.05) fields = Buffer.concat([fields, literal('x'.repeat(200), 'y'.repeat(15_000))]);
  const body = envelope(requestBytes(method, random), random);
  const out = [
    ...(random.next() < 0.9
      ? [frame(frameTypes.headers, endHeaders | (random.next() < 0.1 ? endStream : 0), id, fields)]
      : [
          frame(frameTypes.headers, 0, id, fields.subarray(0, 20)),
          frame(frameTypes.continuation, endHeaders, id, fields.subarray(20)),
        ]),
  ];
  switch (random.between(0, 9)) {
    case 0:
      return [...out, reset(id, random)];
    case 1:
      return [
        ...out,
        frame(frameTypes.data, 0, id, body.subarray(0, random.between(0, body.length))),
        reset(id, random),
      ];
    case 2:
      // The rest never comes.
      return [...out, frame(frameTypes.data, 0, id, body.subarray(0, random.between(0, body.length)))];
    case 3:
      return [
        ...out,
        frame(frameTypes.data, endStream, id, body.subarray(0, random.between(0, body.length))),
      ];
    case 4:
      return [...out, strayFrame(random), frame(frameTypes.data, endStream, id, body)];
    case 5:
      return [...out, frame(frameTypes.data, endStream, id, body, body.length + random.between(-20, 20))];
    case 6:
      return [
        ...out,
        frame(frameTypes.data, 0, id, body),
        frame(frameTypes.headers, endHeaders | endStream, id, literal('x-trailer', '1')),
      ];
    default:
      return [...out, frame(frameTypes.data, endStream, id, body)];
  }
}

/** gRPC's framing, with its flag and length, which may lie. */
function envelope(message: Buffer, random: Random): Buffer {
  const head = Buffer.alloc(5);
  head[0] = random.next() < 0.85 ? 0 : random.between(0, 255);
  head.writeUInt32BE(
    random.next() < 0.85 ? message.length : random.pick([0, 1, 4_194_305, 4_294_967_295]),
    1,
  );
  const one = Buffer.concat([head, message]);
  return random.next() < 0.9 ? one : Buffer.concat([one, one]);
}

const reset = (id: number, random: Random): Buffer =>
  frame(frameTypes.rstStream, 0, id, Buffer.from([0, 0, 0, random.between(0, 13)]));

function strayFrame(random: Random): Buffer {
  const bytes = Buffer.from(
    Array.from({ length: random.pick([0, 1, 4, 5, 6, 8, 9, 40]) }, () => random.between(0, 255)),
  );
  return frame(
    random.between(0, 20),
    random.between(0, 255),
    random.pick([0, 0, 1, 2, 3, 99, 2 ** 31 - 1, 2 ** 32 - 1]),
    bytes,
  );
}

function mutilated(bytes: Buffer, random: Random): Buffer {
  if (bytes.length === 0) return bytes;
  const out = Buffer.from(bytes);
  for (let i = random.between(1, 4); i > 0; i--)
    out[random.between(0, out.length - 1)] = random.between(0, 255);
  return random.next() < 0.3 ? out.subarray(0, random.between(0, out.length)) : out;
}

/** `grpc-status` as Node's HPACK writes it for a client that keeps no table: the name in Huffman's code, the number as it is. */
const statusField = Buffer.from('889acac8b21234da8f', 'hex').toString('latin1');

/** The gRPC statuses in what a server has said. */
export const statusesIn = (said: Buffer): readonly number[] =>
  [...said.toString('latin1').matchAll(new RegExp(`${statusField}(?:\\x01(\\d)|\\x02(\\d\\d))`, 'g'))].map(
    ([, one, two]) => Number(one ?? two),
  );
