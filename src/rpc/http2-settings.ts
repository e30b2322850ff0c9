import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream, ServerOptions } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { Server } from '@grpc/grpc-js';
import { judgeTimeout } from './deadline.ts';

/** Metadata key under which the bridge finds a grpc-timeout that nobody can read. */
export const MALFORMED_TIMEOUT = 'glip-malformed-timeout';

/*
 * grpc-js 1.14 has no option for what follows, so two of its private fields are used. Both are checked, a grpc-js that has moved
 * them fails at start, and tests prove the effects. To be removed when https://github.com/grpc/grpc-node offers the options.
 */

/**
 * Options of Node's HTTP/2 server that grpc-js does not pass on; call it before the server binds. Needed for streamResetBurst and
 * streamResetRate: by default Node closes a connection on which some 1,000 calls are cancelled at once.
 */
export function setHttp2Options(server: Server, options: ServerOptions): void {
  const common: unknown = Reflect.get(server, 'commonServerOptions');
  if (typeof common !== 'object' || common === null) throw moved('commonServerOptions');
  Object.assign(common, options);
}

/** Repairs the grpc-timeout headers that grpc-js misreads; call it when the server is bound. */
export function repairTimeouts(server: Server): void {
  beforeEachCall(server, (_stream, headers) => repairTimeout(headers));
}

/** Sees each call before grpc-js does, and may change its headers; call it when the server is bound. */
export function beforeEachCall(
  server: Server,
  look: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
): void {
  for (const http2Server of http2ServersOf(server)) http2Server.prependListener('stream', look);
}

/** A call of which nothing but the headers has come. */
export interface IncomingCall {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
}

/** Stands before grpc-js: a call is its business only once `go` was called, at once or later; call it when the server is bound. */
export function aroundEachCall(server: Server, look: (call: IncomingCall, go: () => void) => void): void {
  for (const http2Server of http2ServersOf(server)) {
    const listeners = http2Server.listeners('stream') as ((...call: unknown[]) => void)[];
    http2Server.removeAllListeners('stream');
    http2Server.on('stream', (stream, headers, flags, rawHeaders: readonly string[]) => {
      const go = (): void => {
        try {
          for (const listener of listeners) listener.call(http2Server, stream, headers, flags, rawHeaders);
        } catch {
          // grpc-js answers what is no call of ours without a look whether the stream lives, and Node throws: nobody else would catch it.
          stream.destroy();
        }
      };
      look({ stream, headers, rawHeaders }, go);
    });
  }
}

/**
 * Keeps connections alive whose certificate was signed in the name of a trusted CA with another key, so that their callers can be told. OpenSSL
 * leaves the failed signature in its queue of errors, and Node 24 takes it for an error of the socket's next read; whatever looks at a certificate
 * in between empties the queue. To be removed when the matrix of test/integration/identity passes without.
 */
export function forgiveSignatures(server: Server): void {
  for (const http2Server of http2ServersOf(server))
    http2Server.prependListener(
      'secureConnection',
      (socket: TLSSocket) => void socket.getPeerX509Certificate(),
    );
}

/** The servers below grpc-js, one per address. */
export function http2ServersOf(server: Server): Iterable<Http2Server> {
  const servers: unknown = Reflect.get(server, 'http2Servers');
  if (!(servers instanceof Map) || servers.size === 0) throw moved('http2Servers');
  return servers.keys() as Iterable<Http2Server>;
}

function repairTimeout(headers: IncomingHttpHeaders): void {
  const header = headers['grpc-timeout'];
  if (header === undefined) return;
  const verdict = judgeTimeout(String(header));
  if (verdict === 'keep') return;
  delete headers['grpc-timeout'];
  if (verdict === 'malformed') headers[MALFORMED_TIMEOUT] = 'true';
}

function moved(field: string): Error {
  return new Error(`this version of @grpc/grpc-js has no ${field}: adapt src/rpc/http2-settings.ts`);
}
