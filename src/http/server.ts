import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { Code, ConnectError } from '@connectrpc/connect';
import { type TlsSource, tlsServerOptions } from '../identity/tls-material.ts';
import { type ByteBudget, createByteBudget } from '../lib/byte-budget.ts';
import { type ConnectionLimits, limitConnections } from '../lib/connection-limit.ts';
import { type ListenAddress, type Listening, listening, parseListenAddress } from '../lib/listen-address.ts';
import { assertLoopback } from '../lib/loopback.ts';
import { once } from '../lib/once.ts';
import { createSlots } from '../lib/slots.ts';
import { within } from '../lib/within.ts';
import { type CallCounts, createCallCounts } from '../policy/call-limits.ts';
import { inflating, unreadBytes } from '../policy/unread.ts';
import { answerError } from './answer.ts';
import { answerStatus } from './answer-status.ts';
import { refuseGarbage } from './client-error.ts';
import { connectRoutes } from './connect-routes.ts';
import { isHost, refusal } from './host-guard.ts';
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
  readonly limits?: Partial<HttpLimits>;
  /** Shared with the gRPC port: calls under way, and what requests may hold that are not complete. */
  readonly counts?: CallCounts;
  readonly budget?: ByteBudget;
  /** Told of what is refused before it is a call, and why. */
  readonly onRefused?: (why: string) => void;
}

/** Limits of the port, each with a default. */
export interface HttpLimits {
  /** A larger request ends with RESOURCE_EXHAUSTED; 4 MiB, as on the gRPC port. */
  readonly maxRequestBytes: number;
  readonly connections: ConnectionLimits;
  /** How long a client may take for a request; of that 10 s at most for its headers. Answers may last as long as a step does. */
  readonly requestTimeMs: number;
}

export interface HttpServer {
  /** @throws Error when the address is not loopback and need be, is taken, or is none */
  start(): Promise<Listening>;
  /** Takes no more connections, lets calls finish for `graceMs`, ends the rest with UNAVAILABLE, and closes. Repeated calls share one stop. */
  stop(graceMs: number): Promise<void>;
}

const DEFAULT_LIMITS: HttpLimits = {
  maxRequestBytes: 4 * 1024 * 1024,
  connections: { all: 4_096, perAddress: 1_024 },
  requestTimeMs: 60_000,
};
/** How long a reader may take for the last status, once the grace is over. */
const FLUSH_MS = 1_000;
const HEADERS_MS = 10_000;

const serverOptions = ({ requestTimeMs }: HttpLimits) => ({
  headersTimeout: Math.min(HEADERS_MS, requestTimeMs),
  requestTimeout: requestTimeMs,
  keepAliveTimeout: 60_000,
  maxHeaderSize: 16 * 1024,
  // Node looks after its time limits every 30 s by itself, which makes 10 s up to 40.
  connectionsCheckingInterval: Math.min(1_000, requestTimeMs),
});

/** The HTTP edge: the same handlers as JSON, Connect and gRPC-Web, beside metrics and probes. Does nothing before start(). */
export function createHttpServer(deps: HttpServerDeps): HttpServer {
  const limits = { ...DEFAULT_LIMITS, ...deps.limits };
  const maxBytes = limits.maxRequestBytes;
  const { onRefused = () => undefined } = deps;
  const endpoint = {
    counts: createCallCounts({ all: limits.connections.all, perCaller: limits.connections.all }, onRefused),
    budget: createByteBudget(unreadBytes),
    inflating: createSlots(inflating.atOnce, inflating.waiting),
    ...deps,
    onRefused,
    maxBytes,
  };
  const stopping = new AbortController();
  const routes = connectRoutes({ ...deps, maxBytes, stopping: stopping.signal });
  const pages = operationPages({ tellsWhy: deps.identify === undefined, ...deps });
  let closing = false;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refused = refusal(request.headers, deps.identify === undefined && deps.exposed !== true);
    if (refused !== undefined) return answerError(response, 403, 'permission_denied', refused);
    if (!isHost(request.headers.host))
      return answerError(response, 400, 'invalid_argument', 'the Host header names no host');
    const path = request.url?.split('?', 1)[0] ?? '';
    const handler = routes.get(path);
    if (handler !== undefined) return serveRpc(handler, request, response, endpoint);
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
  const { server, unsubscribe } = createListener(deps.tls, limits, serve);
  limitConnections(server, limits.connections, onRefused);
  server.on('clientError', (error, socket) => refuseGarbage(error, socket as Socket, onRefused));
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
  limits: HttpLimits,
  serve: (request: IncomingMessage, response: ServerResponse) => void,
): { readonly server: Server; unsubscribe(): void } {
  if (tls === undefined)
    return { server: createServer(serverOptions(limits), serve), unsubscribe: () => undefined };
  const options = { ...serverOptions(limits), ...tlsServerOptions(tls), ...tls.current.context };
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
