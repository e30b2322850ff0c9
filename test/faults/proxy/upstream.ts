import type { IncomingMessage } from 'node:http';
import { type Dispatcher, Pool } from 'undici';
import type { Credentials } from '../../../src/kube/credentials.ts';

/** The real API server behind the proxy. */
export interface Upstream {
  readonly send: (request: UpstreamRequest, signal: AbortSignal) => Promise<Dispatcher.ResponseData>;
  readonly close: () => Promise<void>;
}

export interface UpstreamRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Headers that are about one connection, not about the request. */
const hopByHop = ['host', 'connection', 'keep-alive', 'transfer-encoding', 'content-length', 'expect'];

/** With credentials of its own it speaks for whoever asks; else the asker's token goes through. */
export function openUpstream({ server, tls, headers: own }: Credentials): Upstream {
  const { ca, cert, key } = tls;
  const hasIdentity = cert !== undefined || 'authorization' in own;
  const pool = new Pool(server, {
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
  });
  return {
    send({ method, target, headers, body }, signal) {
      const dropped = hasIdentity ? [...hopByHop, 'authorization'] : hopByHop;
      const passed = Object.entries(headers).filter(([name]) => !dropped.includes(name));
      return pool.request({
        method: method as Dispatcher.HttpMethod,
        path: target,
        headers: { ...Object.fromEntries(passed), ...own },
        body: body.length > 0 ? body : null,
        signal,
      });
    },
    close: () => pool.destroy(),
  };
}

/** The headers of an answer that go on to the client. */
export const answerHeaders = (headers: IncomingMessage['headers']): IncomingMessage['headers'] =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.includes(name)));
