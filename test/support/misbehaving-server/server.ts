import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { hang, list } from './behaviours.ts';
import type { Certificate } from './certificates.ts';
import { type Kind, kindOf } from './kind.ts';

/** A request as it came in. */
export type Recorded = {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Common name of the client certificate, if one was shown. */
  readonly client: string | undefined;
  /** Tells connections apart. */
  readonly connection: number;
  readonly kind: Kind;
};

/** How to answer one request: well, badly or not at all. */
export type Behaviour = (request: Recorded, response: ServerResponse, socket: Socket) => void | Promise<void>;

export type MisbehavingServer = {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly Recorded[];
  readonly of: (kind: Kind) => readonly Recorded[];
  /** What the next requests of that kind get, each once; after that, `always`. */
  readonly script: (kind: Kind, ...behaviours: readonly Behaviour[]) => void;
  readonly always: (kind: Kind, behaviour: Behaviour) => void;
  /** Connections that were opened, and those that are open now. */
  readonly connections: () => { readonly opened: number; readonly open: number };
  /** Resets every open connection, in the middle of whatever it carries. */
  readonly cut: () => void;
  /** Replaces the certificate (and the authority of clients) of new connections. */
  readonly secure: (tls: TlsSetup) => void;
  readonly close: () => Promise<void>;
};

export type TlsSetup = Certificate & { readonly clientCa?: string };

/**
 * A real HTTP(S) server on loopback that answers as it is told. A GET of a collection is a list or a watch; everything
 * else is a call. Untold, lists are empty, watches are silent, and calls are answered with an empty object.
 */
export async function startMisbehavingServer(
  options: { readonly tls?: TlsSetup; readonly port?: number } = {},
): Promise<MisbehavingServer> {
  const requests: Recorded[] = [];
  const scripts: Record<Kind, Behaviour[]> = { list: [], watch: [], call: [] };
  const defaults: Record<Kind, Behaviour> = {
    list: list([], { version: '1' }),
    watch: hang(),
    call: (_, response) => void response.setHeader('content-type', 'application/json').end('{}'),
  };
  const sockets = new Map<Socket, number>();
  let opened = 0;

  const onRequest: RequestListener = async (request, response) => {
    const body = await readBody(request).catch(() => '');
    const recorded = record(request, body, sockets.get(request.socket) ?? 0);
    requests.push(recorded);
    const behaviour = scripts[recorded.kind].shift() ?? defaults[recorded.kind];
    response.on('error', () => undefined);
    await behaviour(recorded, response, request.socket);
  };

  const server = options.tls
    ? createTlsServer({ ...options.tls, ...clientAuth(options.tls) }, onRequest)
    : createServer(onRequest);
  server.on(options.tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    opened += 1;
    sockets.set(socket, opened);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    port,
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    requests,
    of: (kind) => requests.filter((request) => request.kind === kind),
    script: (kind, ...behaviours) => void scripts[kind].push(...behaviours),
    always(kind, behaviour) {
      defaults[kind] = behaviour;
    },
    connections: () => ({ opened, open: sockets.size }),
    cut() {
      for (const socket of sockets.keys()) socket.resetAndDestroy();
    },
    secure: (tls) => (server as Server).setSecureContext({ ...tls, ca: tls.clientCa }),
    async close() {
      for (const socket of sockets.keys()) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

const clientAuth = ({ clientCa }: TlsSetup) =>
  clientCa ? { ca: clientCa, requestCert: true, rejectUnauthorized: false } : {};

function record(request: IncomingMessage, body: string, connection: number): Recorded {
  const url = new URL(request.url ?? '/', 'http://server');
  const query = Object.fromEntries(url.searchParams);
  const socket = request.socket as TLSSocket;
  const subject = socket.encrypted ? socket.getPeerCertificate()?.subject : undefined;
  return {
    method: request.method ?? '',
    path: url.pathname,
    query,
    headers: request.headers,
    body,
    client: typeof subject?.CN === 'string' ? subject.CN : undefined,
    connection,
    kind: kindOf(request.method ?? '', url),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}
