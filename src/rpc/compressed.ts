import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { invalidRequest } from '../step/errors.ts';
import { statusTrailer } from './status-trailer.ts';
import type { ToStatus } from './to-status.ts';

/** What grpc-js 1.14 says of a message that is not compressed as its header says. It offers no place to say otherwise. */
const words = 'Failed%20to%20decompress%20message';

/**
 * Makes grpc-js blame the client for a compressed message that cannot be inflated: INTERNAL, its own word for it, is a defect of ours to whoever
 * watches, and to clients that repeat it. To be removed when https://github.com/grpc/grpc-node does so.
 */
export function blameClient(stream: ServerHttp2Stream, toStatus: ToStatus): void {
  const respond = stream.respond.bind(stream);
  const sendTrailers = stream.sendTrailers.bind(stream);
  const honest = <T extends OutgoingHttpHeaders | undefined>(headers: T): T | OutgoingHttpHeaders => {
    if (headers?.['grpc-message'] !== words) return headers;
    const error = invalidRequest([
      { field: '', message: 'the message is not compressed as grpc-encoding says' },
    ]);
    const { code, details = '', metadata } = statusTrailer(toStatus(error));
    return {
      ...headers,
      'grpc-status': code,
      'grpc-message': encodeURI(details),
      ...metadata?.toHttp2Headers(),
    };
  };
  stream.respond = (headers, options) => respond(honest(headers as OutgoingHttpHeaders), options);
  stream.sendTrailers = (headers) => sendTrailers(honest(headers) ?? {});
}
