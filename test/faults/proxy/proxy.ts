import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Credentials } from '../../../src/kube/credentials.ts';
import type { Certificate } from '../../support/misbehaving-server/certificates.ts';
import { type Kind, kindOf } from '../../support/misbehaving-server/kind.ts';
import type { Fault, FaultKind } from './fault.ts';
import { type Front, openFront } from './front.ts';
import { playCall } from './play-call.ts';
import { playWatch } from './play-watch.ts';
import { openUpstream, type UpstreamRequest } from './upstream.ts';

export interface ProxyOptions {
  readonly upstream: Credentials;
  /** Absent: plain HTTP. */
  readonly tls?: Certificate;
  /** What happens to the next exchange of that kind. */
  readonly decide: (kind: Kind, request: Pick<UpstreamRequest, 'method' | 'target' | 'body'>) => Fault;
}

/** A proxy between an executor and its API server, on loopback, that does to each exchange what it is told. */
export interface FaultProxy extends Pick<Front, 'mode' | 'set' | 'cut' | 'connections' | 'port'> {
  readonly url: string;
  /** Exchanges so far, by what happened to them. */
  readonly played: () => Readonly<Partial<Record<FaultKind, number>>>;
  readonly close: () => Promise<void>;
}

export async function startProxy({ upstream: credentials, tls, decide }: ProxyOptions): Promise<FaultProxy> {
  const upstream = openUpstream(credentials);
  const played: Partial<Record<FaultKind, number>> = {};

  const onRequest = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const gone = new AbortController();
    response.on('close', () => gone.abort(new Error('the exchange is over')));
    response.on('error', () => undefined);
    const { method = 'GET', url = '/', headers } = message;
    const { remotePort } = message.socket;
    const body = Buffer.concat(await message.toArray());
    await front.awake();
    const kind = kindOf(method, new URL(url, 'http://proxy'));
    const fault = decide(kind, { method, target: url, body });
    played[fault.kind] = (played[fault.kind] ?? 0) + 1;
    const exchange = {
      request: { method, target: url, headers, body },
      response,
      front,
      upstream,
      gone: gone.signal,
      reset: () => front.reset(remotePort),
    };
    await (kind === 'watch' ? playWatch(exchange, fault) : playCall(exchange, fault));
  };
  // Whoever goes away in the middle, client or API server, takes the other end with it.
  const listener = (message: IncomingMessage, response: ServerResponse): void =>
    void onRequest(message, response).catch(() => message.socket.destroy());

  // Its keep-alive is longer than any client's, so that connections end by faults and not by the way.
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  server.keepAliveTimeout = 300_000;
  server.requestTimeout = 0;
  server.on('tlsClientError', () => undefined);
  server.on('clientError', (_error, socket) => socket.destroy());
  const front: Front = await openFront((socket) => {
    server.emit('connection', socket);
    if (!tls) socket.resume();
  });

  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${front.port}`,
    port: front.port,
    mode: front.mode,
    set: front.set,
    cut: front.cut,
    connections: front.connections,
    played: () => ({ ...played }),
    async close() {
      await front.close();
      server.closeAllConnections();
      await upstream.close();
    },
  };
}
