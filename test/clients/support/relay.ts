import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';

/** A proxy in front of a gRPC server that loses what it is told to lose. */
export interface Relay {
  /** HOST:PORT. */
  readonly address: string;
  /** Calls that came so far. */
  readonly calls: number;
  /** Resets every open stream with a code of HTTP/2, as a proxy does that has lost its server. */
  resetStreams(code: number): void;
  /** Drops every connection without a word. */
  cut(): void;
  /** Drops new connections at once, until told otherwise. */
  refuse(refusing: boolean): void;
  /** Answers the next calls by itself: UNAVAILABLE, as a replica does that starts. */
  answerUnavailable(count: number): void;
  stop(): Promise<void>;
}

const { NGHTTP2_CANCEL, NGHTTP2_FLAG_END_STREAM } = constants;

/** Starts a relay to a server at HOST:PORT. */
export async function startRelay(target: string): Promise<Relay> {
  const upstream = connect(`http://${target}`);
  await new Promise<void>((resolve, reject) => {
    upstream.once('connect', () => resolve());
    upstream.once('error', reject);
  });
  upstream.on('error', () => undefined);
  const sessions = new Set<ServerHttp2Session>();
  const streams = new Set<ServerHttp2Stream>();
  let calls = 0;
  let refusing = false;
  let unavailable = 0;
  const server = createServer();
  const cut = () => {
    for (const session of sessions) session.destroy();
  };
  server.on('session', (session) => {
    session.on('error', () => undefined);
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, headers) => {
    calls += 1;
    streams.add(stream);
    stream.once('close', () => streams.delete(stream));
    stream.on('error', () => undefined);
    if (unavailable === 0) return pipe(stream, headers, upstream);
    unavailable -= 1;
    const status = { 'grpc-status': '14', 'grpc-message': 'not yet' };
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...status }, { endStream: true });
  });
  const door = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    if (refusing) socket.destroy();
    else server.emit('connection', socket);
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(door.address() as AddressInfo).port}`,
    get calls() {
      return calls;
    },
    resetStreams(code) {
      for (const stream of streams) stream.close(code);
    },
    cut,
    refuse(value) {
      refusing = value;
    },
    answerUnavailable(count) {
      unavailable = count;
    },
    async stop() {
      const closed = new Promise<void>((resolve) => door.close(() => resolve()));
      cut();
      upstream.destroy();
      await closed;
    },
  };
}

function pipe(down: ServerHttp2Stream, headers: IncomingHttpHeaders, upstream: ClientHttp2Session): void {
  const up = upstream.request(headers);
  let trailers: IncomingHttpHeaders = {};
  up.on('error', () => undefined);
  up.on('response', (answer, flags) => {
    const endStream = (flags & NGHTTP2_FLAG_END_STREAM) !== 0;
    if (down.closed) return;
    down.respond(answer, { endStream, waitForTrailers: !endStream });
  });
  up.on('trailers', (given) => {
    trailers = given;
  });
  down.on('wantTrailers', () => down.sendTrailers(trailers));
  down.once('close', () => up.close(NGHTTP2_CANCEL));
  down.pipe(up);
  up.pipe(down);
}
