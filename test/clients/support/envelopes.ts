/** A message of gRPC-Web or of a stream of Connect: one byte of flags, four of length, the message. */
export interface Envelope {
  readonly flags: number;
  readonly bytes: Uint8Array;
}

const headBytes = 5;

export function envelope(message: Uint8Array, flags = 0): Uint8Array {
  const head = Buffer.alloc(headBytes);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([head, message]);
}

export function envelopesOf(body: Uint8Array): readonly Envelope[] {
  const envelopes: Envelope[] = [];
  let rest = Buffer.from(body);
  while (rest.byteLength > 0) {
    const end = headBytes + rest.readUInt32BE(1);
    if (end > rest.byteLength) throw new Error(`an envelope of ${end} bytes in ${rest.byteLength}`);
    envelopes.push({ flags: rest.readUInt8(0), bytes: rest.subarray(headBytes, end) });
    rest = rest.subarray(end);
  }
  return envelopes;
}

/** The trailers of gRPC-Web, which are written as headers of HTTP/1. */
export function readTrailers(bytes: Uint8Array = new Uint8Array()): Headers {
  const lines = Buffer.from(bytes).toString().trim().split('\r\n');
  return new Headers(lines.map((line): [string, string] => splitAt(line, line.indexOf(':'))));
}

function splitAt(line: string, index: number): [string, string] {
  return [line.slice(0, index), line.slice(index + 1).trim()];
}
