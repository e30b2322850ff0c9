import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { type DescMessage, fromBinary, fromJsonString } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { compressionBrotli, compressionGzip } from '@connectrpc/connect-node';
import type { Claim } from '../lib/byte-budget.ts';
import { tooMuchUnread } from '../policy/unread.ts';
import { ExecutorError, invalidRequest } from '../step/errors.ts';

const FORMAT = /^application\/((?:connect\+|grpc-web\+)?(?:json|proto)|grpc-web)(?: *;|$)/i;
/** Enveloped formats, and where they name the compression of their messages. */
const ENCODING_HEADERS: Readonly<Record<string, string>> = {
  connect: 'connect-content-encoding',
  'grpc-web': 'grpc-encoding',
};
const ENVELOPE_BYTES = 5;
const COMPRESSED_FLAG = 1;

/** A body beyond the limit is read on and thrown away up to this many times the limit: a client cut off while it sends sees no answer. */
const DISCARD_FACTOR = 4;

/**
 * Reads a body to its end.
 * @throws ExecutorError RESOURCE_EXHAUSTED (REQUEST_TOO_LARGE) beyond maxBytes, and (TOO_MUCH_UNREAD) where the claim has no room
 */
export async function readBody(request: IncomingMessage, maxBytes: number, claim: Claim): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size <= maxBytes) {
      if (!claim.take(chunk.byteLength)) throw tooMuchUnread();
      chunks.push(chunk);
    } else {
      chunks.length = 0;
      claim.release();
    }
    if (size > maxBytes * DISCARD_FACTOR) break;
  }
  if (size <= maxBytes) return Buffer.concat(chunks);
  const message = `the request is larger than ${maxBytes} bytes`;
  throw new ExecutorError({ code: 'RESOURCE_EXHAUSTED', reason: 'REQUEST_TOO_LARGE', message });
}

/** Whether the body may be larger than it comes. */
export const isCompressed = (headers: IncomingHttpHeaders): boolean =>
  ['content-encoding', ...Object.values(ENCODING_HEADERS)].some(
    (name) => (headers[name] ?? 'identity') !== 'identity',
  );

/**
 * Proves that a body can be parsed. Connect parses it again, but would call a bad binary message INTERNAL and give no details.
 * What is wrong with an envelope it calls INTERNAL, too.
 * @throws ExecutorError INVALID_ARGUMENT (INVALID_REQUEST)
 */
export async function checkMessage(
  desc: DescMessage,
  headers: IncomingHttpHeaders,
  body: Buffer,
  maxBytes: number,
): Promise<void> {
  const format = FORMAT.exec(headers['content-type'] ?? '')?.[1]?.toLowerCase();
  if (format === undefined) return;
  const message = await messageBytes(format, headers, body, maxBytes);
  if (message === undefined) return;
  const json = format.endsWith('json');
  try {
    if (json) fromJsonString(desc, new TextDecoder().decode(message), { ignoreUnknownFields: false });
    else fromBinary(desc, message);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unreadable';
    throw malformed(`not a ${desc.typeName} in ${json ? 'JSON' : 'protobuf'}: ${why}`);
  }
}

/** The one message of a body, or undefined when Connect is to refuse it. */
async function messageBytes(
  format: string,
  headers: IncomingHttpHeaders,
  body: Buffer,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const encodingHeader = Object.entries(ENCODING_HEADERS).find(([prefix]) => format.startsWith(prefix))?.[1];
  if (encodingHeader === undefined) return inflated(body, headers['content-encoding'], maxBytes);
  if (body.byteLength < ENVELOPE_BYTES || body.readUInt32BE(1) !== body.byteLength - ENVELOPE_BYTES)
    throw malformed(
      'the body is not one message in its envelope: a byte of flags, four of its length, and so many bytes',
    );
  const [flags = 0] = body;
  if (flags !== 0 && flags !== COMPRESSED_FLAG)
    throw malformed('the envelope has flags that a request may not have');
  const encoding = headers[encodingHeader];
  if (flags === COMPRESSED_FLAG && (encoding ?? 'identity') === 'identity')
    throw malformed(`the message is compressed, and ${encodingHeader} does not say how`);
  return inflated(body.subarray(ENVELOPE_BYTES), flags === 0 ? undefined : encoding, maxBytes);
}

async function inflated(
  bytes: Uint8Array,
  encoding: string | string[] | undefined,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  if (encoding === undefined || encoding === 'identity') return bytes;
  const compression = [compressionGzip, compressionBrotli].find(({ name }) => name === encoding);
  try {
    // Copied, because Connect's types want a buffer that nobody shares.
    return await compression?.decompress(new Uint8Array(bytes), maxBytes);
  } catch (cause) {
    // Connect answers RESOURCE_EXHAUSTED by itself when it is too large.
    if (cause instanceof ConnectError && cause.code === Code.ResourceExhausted) return undefined;
    throw malformed(`the body is not compressed with ${encoding} as its header says`);
  }
}

function malformed(message: string): ExecutorError {
  return invalidRequest([{ field: '', message }]);
}
