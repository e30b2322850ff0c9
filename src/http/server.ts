import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { Code, ConnectError } from '@connectrpc/connect';
import { type TlsSource, tlsServerOptions } from '../identity/tls-material.ts';
import { type ListenAddress, type Listening, listening, parseListenAddress } from '../lib/listen-address.ts';
import { assertLoopback } from '../lib/loopback.ts';
import { once } from '../lib/once.ts';
import { within } from '../lib/within.ts';
import { answerError } from './answer.ts';
import { answerStatus } from './answer-status.ts';
import { connectRoutes } from './connect-routes.ts';
import { refusal } from './host-guard.ts';
import type { HttpCallDeps } from './open-call.ts';
import { type OperationsDeps, operationPages, type Page } from './operations.ts';
import { type HttpPeer, peerOf } from './peer.ts';
import { serveRpc } from './rpc-endpoint.ts';
import type { HttpService } from './service.ts';

export interface HttpServerDeps extends HttpCallDeps, OperationsDeps {
  readonly services: readonly HttpService[];
  /** HOST:PORT or unix:PATH. */
  readonly address: string;
  /** Plaintext without it. */
  readonly tls?: TlsSource;
  /** Whether it may listen where others than this machine can connect; false by default. */
  readonly exposed?: boolean;
  /** Rejects, with an ExecutorError, when the caller may not see a page such as /metrics; all see all of them by default. */
  readonly admitPage?: (path: string, peer: HttpPeer) => Promise<void>;
  /** Told of what goes wrong while an answer is written: the place to log it. */
  readonly onError?: (error: unknown) => void;
  /** A larger request ends with RESOURCE_EXHAUSTED; 4 MiB by default, as on the gRPC port. */
  readonly maxRequestBytes?: number;
}

export interface HttpServer {
  /** @throws Error when the address is not loopback and need be, is taken, or is none */
  start(): Promise<Listening>;
  /** Takes no more connections, lets calls finish for `graceMs`, ends the rest with UNAVAILABLE, and closes. Repeated calls share one stop. */
  stop(graceMs: number): Promise<void>;
}

const MAX_REQUEST_BYTES = 4 * 1024 * 1024;
/** How long a reader may take for the last status, once the grace is over. */
const FLUSH_MS = 1_000;
/** A client has 10 s for its headers and 60 s for the whole request; answers may last as long as a step does. */
const SERVER_OPTIONS = {
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 60_000,
  maxHeaderSize: 16 * 1024,
};

/** The HTTP edge: the same handlers as JSON, Connect and gRPC-Web, beside metrics and probes. Does nothing before start(). */
export function createHttpServer(deps: HttpServerDeps): HttpServer {
  const maxBytes = deps.maxRequestBytes ?? MAX_REQUEST_BYTES;
  const stopping = new AbortController();
  const routes = connectRoutes({ ...deps, maxBytes, stopping: stopping.signal });
  const pages = operationPages({ tellsWhy: deps.identify === undefined, ...deps });
  let closing = false;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refused = refusal(request.headers, deps.identify === undefined && deps.exposed !== true);
    if (refused !== undefined) return answerError(response, 403, 'permission_denied', refused);
    const path = request.url?.split('?', 1)[0] ?? '';
    const handler = routes.get(path);
    if (handler !== undefined) return serveRpc(handler, request, response, { ...deps, maxBytes });
    const page = pages.get(path);
    if (page !== undefined) return servePage(page, path, request, response);
    // Clients of Connect read a 404 as UNIMPLEMENTED.
    answerError(
      response,
      404,
      'unimplemented',
      'no such path: try /livez, /readyz, /metrics or POST /package.Service/Method',
    );
  };
  const servePage = async (
    page: Page,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    try {
      await deps.admitPage?.(path, peerOf(request));
    } catch (error) {
      return answerStatus(response, deps.toStatus(error));
    }
    return page(request, response);
  };
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    // Connections that are kept alive would hold up the stop.
    response.once('close', () => {
      if (closing) server.closeIdleConnections();
    });
    answer(request, response).catch((error: unknown) => {
      deps.onError?.(error);
      if (response.headersSent) response.destroy();
      else answerError(response, 500, 'internal', 'internal error of the executor');
    });
  };
  const { server, unsubscribe } = createListener(deps.tls, serve);
  server.maxConnections = 4_096;
  return {
    start: () => listen(server, deps),
    stop: once(async (graceMs: number) => {
      if (!server.listening) return;
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      if (!(await within(closed, graceMs))) {
        stopping.abort(new ConnectError('the server is stopping', Code.Unavailable));
        await within(closed, FLUSH_MS);
      }
      server.closeAllConnections();
      unsubscribe();
    }),
  };
}

/** Open connections go on with the certificates that they began with. */
function createListener(
  tls: TlsSource | undefined,
  serve: (request: IncomingMessage, response: ServerResponse) => void,
): { readonly server: Server; unsubscribe(): void } {
  if (tls === undefined) return { server: createServer(SERVER_OPTIONS, serve), unsubscribe: () => undefined };
  const options = { ...SERVER_OPTIONS, ...tlsServerOptions(tls), ...tls.current.context };
  const server = createTlsServer(options, serve);
  return { server, unsubscribe: tls.subscribe(({ context }) => server.setSecureContext(context)) };
}

async function listen(
  server: Server,
  { address, exposed = false }: Pick<HttpServerDeps, 'address' | 'exposed'>,
): Promise<Listening> {
  const parsed = parseListenAddress(address);
  if (parsed.kind === 'tcp' && !exposed) await assertLoopback(parsed.host);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new Error(`cannot listen on ${address}: ${error.message}`, { cause: error })),
    );
    server.listen(target(parsed), resolve);
  });
  const bound = server.address();
  return listening(parsed, typeof bound === 'object' && bound !== null ? bound.port : 0);
}

function target(address: ListenAddress): { host: string; port: number } | { path: string } {
  return address.kind === 'tcp' ? { host: address.host, port: address.port } : { path: address.path };
}
