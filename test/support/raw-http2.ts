/** HTTP/2 by the byte, for what no library does: https://www.rfc-editor.org/rfc/rfc9113 */

export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export const frameTypes = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const endStream = 1;
export const endHeaders = 4;

/** A frame; `length` may lie. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = Buffer.alloc(0),
  length = payload.byteLength,
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length & 0xffffff, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream >>> 0, 5);
  return Buffer.concat([head, payload]);
}

export const settings = (...pairs: readonly (readonly [id: number, value: number])[]): Buffer =>
  frame(
    frameTypes.settings,
    0,
    0,
    Buffer.concat(
      pairs.map(([id, value]) => {
        const pair = Buffer.alloc(6);
        pair.writeUInt16BE(id, 0);
        pair.writeUInt32BE(value >>> 0, 2);
        return pair;
      }),
    ),
  );

/** A header field as a literal that nobody indexes. */
export function literal(name: string | Uint8Array, value: string | Uint8Array): Buffer {
  const [n, v] = [Buffer.from(name as Uint8Array), Buffer.from(value as Uint8Array)];
  return Buffer.concat([Buffer.from([0]), integer(n.byteLength), n, integer(v.byteLength), v]);
}

/** The fields of a gRPC request. */
export const requestFields = (
  path: string | Uint8Array,
  more: readonly (readonly [string | Uint8Array, string | Uint8Array])[] = [],
): Buffer =>
  Buffer.concat(
    (
      [
        [':method', 'POST'],
        [':scheme', 'http'],
        [':path', path],
        [':authority', 'localhost'],
        ['content-type', 'application/grpc'],
        ['te', 'trailers'],
        ...more,
      ] as const
    ).map(([name, value]) => literal(name, value)),
  );

function integer(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}
