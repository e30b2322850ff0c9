import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { onTestFinished } from 'vitest';

/** A connection without a gRPC library, for what a library does not do; destroyed after the test. */
export function bareSession(port: number): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  onTestFinished(() => session.destroy());
  return session;
}

/** Opens a call and sends nothing yet. Nothing is read until resume(): grpc-js's own client reads and buffers without end. */
export function bareCall(
  session: ClientHttp2Session,
  method: string,
  headers: OutgoingHttpHeaders = {},
): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': `/glip.executor.v1.ExecutorService/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  stream.on('error', () => {});
  return stream;
}

/** A message in its envelope. */
export function envelope(message: Uint8Array, flags = 0): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(message.byteLength, 1);
  return Buffer.concat([head, message]);
}

/** Reads an answer to its end: headers and trailers together. */
export function ending(stream: ClientHttp2Stream): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    const all: Record<string, unknown> = {};
    stream.on('response', (headers) => Object.assign(all, headers));
    stream.on('trailers', (trailers) => Object.assign(all, trailers));
    stream.on('close', () => resolve({ ...all, rstCode: stream.rstCode }));
    stream.resume();
  });
}
