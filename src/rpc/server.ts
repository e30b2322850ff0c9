import { setTimeout as delay } from 'node:timers/promises';
import { logVerbosity, Server, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';
import type { TlsSource } from '../identity/tls-material.ts';
import { createByteBudget } from '../lib/byte-budget.ts';
import { type ConnectionLimits, limitConnections } from '../lib/connection-limit.ts';
import { type Listening, listening, parseListenAddress } from '../lib/listen-address.ts';
import { assertLoopback } from '../lib/loopback.ts';
import { once } from '../lib/once.ts';
import { within } from '../lib/within.ts';
import { createCallCounts } from '../policy/call-limits.ts';
import { unreadBytes } from '../policy/unread.ts';
import { bridge } from './bridge.ts';
import { type GateDeps, installGate } from './gate.ts';
import type { HealthSource } from './health-source.ts';
import { forgiveSignatures, http2ServersOf, repairTimeouts, setHttp2Options } from './http2-settings.ts';
import { createOpenCalls } from './open-calls.ts';
import type { RpcService } from './service.ts';
import { limitPrefaces } from './sessions.ts';
import { TlsCredentials } from './tls-credentials.ts';
import { createVisitors } from './visitors.ts';

export interface GrpcServerDeps
  extends Pick<GateDeps, 'toStatus' | 'identify' | 'onStart' | 'onCall'>,
    Partial<Pick<GateDeps, 'counts' | 'isPublic' | 'budget' | 'onRefused'>> {
  /** Health and reflection are services like the others. */
  readonly services: readonly RpcService[];
  /** HOST:PORT or unix:PATH. */
  readonly address: string;
  /** Plaintext without it. */
  readonly tls?: TlsSource;
  /** Whether it may listen where others than this machine can connect; false by default. */
  readonly exposed?: boolean;
  /** Set to NOT_SERVING, for good, as the first step of a drain. */
  readonly health?: Pick<HealthSource, 'shutdown'>;
  /** How long the drain waits after NOT_SERVING, so that balancers send new calls elsewhere; 0 by default. */
  readonly lameDuckMs?: number;
  readonly limits?: Partial<GrpcLimits>;
}

/** Limits of the server, each with a default. */
export interface GrpcLimits {
  /** A larger request ends with RESOURCE_EXHAUSTED, also when it is large only after decompression. 4 MiB. */
  readonly maxRequestBytes: number;
  /** Streams on one connection, others wait at the client. 16,384: one orchestrator may watch 10,000 steps, measured at 12 KB each. */
  readonly maxConcurrentStreams: number;
  readonly connections: ConnectionLimits;
  /** How long a client may take for a request, and a stream of requests may last. 60 s, as on the HTTP port. */
  readonly requestTimeMs: number;
  /** A connection without a call is closed after it; clients connect again by themselves. 10 minutes. */
  readonly idleMs: number;
  /** How long a client may take to say that it speaks HTTP/2. 10 s, as for a TLS handshake. */
  readonly prefaceMs: number;
  /** Streams that a client may reset at once on one connection, and per second from then on, before Node closes the connection. */
  readonly streamResetBurst: number;
  readonly streamResetRate: number;
  /** A peer that froze is noticed after both together. 30 s and 10 s. */
  readonly keepaliveTimeMs: number;
  readonly keepaliveTimeoutMs: number;
}

const DEFAULT_LIMITS: GrpcLimits = {
  maxRequestBytes: 4 * 1024 * 1024,
  maxConcurrentStreams: 16_384,
  connections: { all: 4_096, perAddress: 1_024 },
  requestTimeMs: 60_000,
  idleMs: 600_000,
  prefaceMs: 10_000,
  // An orchestrator that gives up a run cancels all its watches at once: as many as it may have. Node's defaults are 1,000 and 33.
  streamResetBurst: 20_000,
  streamResetRate: 2_000,
  keepaliveTimeMs: 30_000,
  keepaliveTimeoutMs: 10_000,
};

/** Of one call, as on the HTTP port: twice what clients allow themselves. Node's own limits are 64 KiB and 128 fields. */
const HEADER_BYTES = 16 * 1024;
const HEADER_FIELDS = 100;

/** How long a reader may take for the last status, once the grace is over. */
const FLUSH_MS = 1_000;

export interface GrpcServer {
  /** @throws Error when the address is not loopback and need be, is taken, or is none */
  start(): Promise<Listening>;
  /** Aborted when streams are to say Goodbye; for edges that serve the same handlers. */
  readonly draining: AbortSignal;
  /** Calls under way. */
  readonly openCalls: number;
  /** NOT_SERVING, then the lame duck time, then Goodbye to the streams. Calls are still answered. Repeated calls share one drain. */
  drain(): Promise<void>;
  /**
   * Drains, then lets calls finish for `graceMs`, ends the rest with UNAVAILABLE, and closes. Repeated calls share one stop. A forced
   * shutdown alone would end calls with CANCELLED, which clients do not retry.
   */
  stop(graceMs: number): Promise<void>;
}

/** The gRPC edge. Does nothing before start(). */
export function createGrpcServer(deps: GrpcServerDeps): GrpcServer {
  const limits = { ...DEFAULT_LIMITS, ...deps.limits };
  const calls = createOpenCalls();
  const visitors = createVisitors();
  const { onRefused = () => undefined } = deps;
  const credentials = deps.tls ? new TlsCredentials(deps.tls) : ServerCredentials.createInsecure();
  const server = new Server({
    'grpc.max_receive_message_length': limits.maxRequestBytes,
    'grpc.max_concurrent_streams': limits.maxConcurrentStreams,
    'grpc.keepalive_time_ms': limits.keepaliveTimeMs,
    'grpc.keepalive_timeout_ms': limits.keepaliveTimeoutMs,
    'grpc.max_connection_idle_ms': limits.idleMs,
    // Channelz stays on although nobody reads it: without, forceShutdown() of grpc-js 1.14 forgets to destroy the sessions.
  });
  const { streamResetBurst, streamResetRate, maxConcurrentStreams, requestTimeMs } = limits;
  setHttp2Options(server, {
    streamResetBurst,
    streamResetRate,
    maxHeaderListPairs: HEADER_FIELDS,
    settings: { maxConcurrentStreams, maxHeaderListSize: HEADER_BYTES },
  });
  for (const service of deps.services) {
    const { definition, implementation } = bridge(service, { ...deps, calls, visitors, requestTimeMs });
    server.addService(definition, implementation);
  }

  let closeGate: (() => void) | undefined;
  const draining = new AbortController();
  const drain = once(async () => {
    deps.health?.shutdown();
    if (deps.lameDuckMs) await delay(deps.lameDuckMs);
    draining.abort();
    calls.drain();
  });
  const stop = once(async (graceMs: number) => {
    await drain();
    const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
    if (!(await within(closed, graceMs))) {
      calls.stop();
      await within(closed, FLUSH_MS);
    }
    closeGate?.();
    server.forceShutdown();
    if (credentials instanceof TlsCredentials) credentials.unsubscribe();
  });
  return {
    async start() {
      const bound = await listen(server, credentials, deps);
      if (deps.tls) forgiveSignatures(server);
      limitPrefaces(server, limits.prefaceMs, onRefused);
      for (const http2Server of http2ServersOf(server)) {
        limitConnections(http2Server, limits.connections, onRefused);
        http2Server.on('sessionError', (error: NodeJS.ErrnoException) => {
          if (error.code?.startsWith('ERR_HTTP2')) onRefused('protocol');
        });
      }
      closeGate = installGate(server, {
        counts: createCallCounts({ all: 20_000, perCaller: limits.maxConcurrentStreams }, onRefused),
        isPublic: () => false,
        budget: createByteBudget(unreadBytes),
        ...deps,
        methods: deps.services.flatMap(({ desc }) => desc.methods),
        visitors,
        requestTimeMs,
        maxHeaderBytes: HEADER_BYTES,
        onRefused,
      });
      return bound;
    },
    draining: draining.signal,
    get openCalls() {
      return calls.size;
    },
    drain,
    stop,
  };
}

async function listen(
  server: Server,
  credentials: ServerCredentials,
  { address, exposed = false }: GrpcServerDeps,
): Promise<Listening> {
  const parsed = parseListenAddress(address);
  if (parsed.kind === 'tcp' && !exposed) await assertLoopback(parsed.host);
  // grpc-js writes to the console what it throws as well.
  setLogVerbosity(logVerbosity.NONE);
  const target = parsed.kind === 'tcp' ? address : `unix:${parsed.path}`;
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(target, credentials, (error, bound) => {
      if (error) reject(new Error(`cannot listen on ${address}: ${error.message}`, { cause: error }));
      else resolve(bound);
    });
  });
  repairTimeouts(server);
  return listening(parsed, port);
}
