import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Status } from '../../gen/google/rpc/status_pb.js';
import { statusTrailer } from './status-trailer.ts';

const trailersGoMs = 1_000;

/**
 * Closes a stream whose status is sent, whatever the client still has to say: https://www.rfc-editor.org/rfc/rfc9113#section-8.1. grpc-js leaves it
 * open until the client ends it, which it need not do.
 */
export function closeBehindStatus(stream: ServerHttp2Stream): void {
  const close = (): void => stream.close(constants.NGHTTP2_NO_ERROR);
  stream.once('wantTrailers', () => {
    // A reset takes away trailers that have not gone out, and nothing tells when they have.
    if (!stream.readableEnded) setTimeout(close, trailersGoMs).unref();
  });
  stream.once('finish', () => {
    // Where there are headers alone the reset follows them.
    if (stream.sentHeaders?.['grpc-status'] !== undefined) setImmediate(close);
  });
}

/**
 * Ends a stream with a status before grpc-js has answered it, and takes no more of it: what the client still sends is not read. Does nothing
 * when it is over.
 */
export function refuseStream(stream: ServerHttp2Stream, status: Status): void {
  if (stream.destroyed || stream.closed) return;
  if (stream.headersSent) return void stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  const { details, metadata } = statusTrailer(status);
  const headers = {
    ':status': 200,
    'content-type': 'application/grpc+proto',
    'grpc-status': status.code,
    'grpc-message': encodeURI(details ?? ''),
    ...metadata?.toHttp2Headers(),
  };
  try {
    stream.respond(headers, { endStream: true });
  } catch {
    // Its connection has gone in this moment.
    return void stream.destroy();
  }
  // What grpc-js has of the call ends with the stream, and nothing more comes of it until then.
  stream.removeAllListeners('data');
  stream.removeAllListeners('end');
  stream.respond = () => undefined;
  stream.resume();
}
