import type { DescMethod } from '@bufbuild/protobuf';
import type { Metadata } from '@grpc/grpc-js';
import type { Status } from '../../gen/google/rpc/status_pb.js';
import { type Caller, localCaller } from '../identity/caller.ts';
import type { PeerCertificate } from '../identity/peer-certificate.ts';
import { parseTraceparent } from '../lib/traceparent.ts';
import { ExecutorError } from '../step/errors.ts';
import { deadlinePassed } from './deadline.ts';
import type { CallContext } from './handler.ts';
import type { OpenCalls, StoppableCall } from './open-calls.ts';
import { reasonOf, type StatusName, statusName, type ToStatus } from './to-status.ts';
import { VISIT, type Visitors } from './visitors.ts';

/** A call as observers see it: for metrics and the access log. */
export interface CallStart {
  /** `package.Service/Method`: one of those registered, so it is safe as a label. */
  readonly method: string;
  readonly kind: 'unary' | 'stream';
  readonly protocol: 'grpc';
}

export interface CallEnd extends CallStart {
  readonly code: StatusName;
  /** The error's reason; empty when the call succeeded or the caller left. */
  readonly reason: string;
  readonly durationMs: number;
  readonly caller: string;
}

/** Where a call comes from, for identities. */
export interface Peer {
  /** Address and port as the socket has them. */
  readonly address: string;
  /** What the client has shown of itself; absent without TLS, and when it has shown nothing. */
  readonly certificate?: PeerCertificate;
  header(name: string): string | undefined;
}

export interface BridgeDeps {
  readonly toStatus: ToStatus;
  readonly calls: OpenCalls;
  /** Those that the gate has let in. Everybody else is `local`. */
  readonly visitors: Visitors;
  /** How long a stream of requests may last. */
  readonly requestTimeMs: number;
  readonly onStart?: (call: CallStart) => void;
  /** Called exactly once for each call that reached its handler. */
  readonly onCall?: (call: CallEnd) => void;
}

/** The part of a grpc-js call that all kinds have. */
export interface SurfaceCall {
  readonly metadata: Metadata;
  getDeadline(): Date | number;
  getPeer(): string;
  once(event: 'cancelled', listener: () => void): unknown;
}

/** One call from its first message to its end, which comes once: by the handler, the caller, the deadline or the server. */
export interface OpenCall {
  readonly context: CallContext;
  /** Marks the success; false if the call was over before. */
  succeed(): boolean;
  /** Ends the call with the error's status. Does nothing when it is over. */
  fail(error: unknown): void;
}

/** Opens a call. `send` writes a status that is not OK. */
export function openCall(
  surface: SurfaceCall,
  method: DescMethod,
  deps: BridgeDeps,
  send: (status: Status) => void,
): OpenCall {
  const startedAt = performance.now();
  const start = callStart(method);
  const abort = new AbortController();
  const visitor = deps.visitors.take(headerOf(surface)(VISIT) ?? '');
  const context = callContext(surface, deps, abort.signal, visitor?.caller ?? localCaller);
  let over = false;

  const end = (code: StatusName, reason: string): boolean => {
    if (over) return false;
    over = true;
    deps.calls.delete(stoppable);
    const durationMs = performance.now() - startedAt;
    quietly(() => deps.onCall?.({ ...start, code, reason, durationMs, caller: context.caller.name }));
    return true;
  };
  const fail = (error: unknown): void => {
    if (over) return;
    const status = deps.toStatus(error);
    end(statusName(status.code), reasonOf(error));
    send(status);
  };
  const stop = (): void => {
    const error = new ExecutorError({
      code: 'UNAVAILABLE',
      reason: 'DRAINING',
      message: 'the server is stopping',
    });
    fail(error);
    abort.abort(error);
  };
  // Nobody says Goodbye in a stream of requests (reflection): it would hold up the server for nothing.
  const drain = method.methodKind === 'bidi_streaming' ? stop : context.drain;
  const stoppable: StoppableCall = { drain, stop };
  // grpc-js emits it after every call; it means a cancel only while the call is not over.
  surface.once('cancelled', () => {
    // An error costs its stack, and after every call that is a lot.
    if (over) return;
    const error = deadlinePassed(surface.getDeadline(), Date.now()) ? DEADLINE() : CANCELLED();
    if (end(error.code as StatusName, '')) abort.abort(error);
  });
  deps.calls.add(stoppable);
  quietly(() => deps.onStart?.(start));
  // A stream of requests is read on.
  if (method.methodKind !== 'bidi_streaming') visitor?.begun();
  return { context, succeed: () => end('OK', ''), fail };
}

/** A call as observers see it from its beginning. */
export function callStart(method: DescMethod): CallStart {
  return {
    method: `${method.parent.typeName}/${method.name}`,
    kind: method.methodKind === 'unary' ? 'unary' : 'stream',
    protocol: 'grpc',
  };
}

const headerOf = (surface: SurfaceCall) => (name: string) => {
  const [value] = surface.metadata.get(name);
  return typeof value === 'string' ? value : undefined;
};

function callContext(
  surface: SurfaceCall,
  deps: BridgeDeps,
  signal: AbortSignal,
  caller: Caller,
): CallContext & { drain(): void } {
  const traceparent = parseTraceparent(headerOf(surface)('traceparent'));
  // Made when a handler asks for it, as most do not.
  let draining: AbortController | undefined;
  return {
    signal,
    caller,
    get peer() {
      return surface.getPeer();
    },
    ...(traceparent === undefined ? {} : { traceparent }),
    get draining() {
      if (draining === undefined) {
        draining = new AbortController();
        if (deps.calls.draining) draining.abort();
      }
      return draining.signal;
    },
    drain: () => draining?.abort(),
  };
}

const CANCELLED = (): ExecutorError =>
  new ExecutorError({ code: 'CANCELLED', reason: 'CANCELLED', message: 'the caller left' });
const DEADLINE = (): ExecutorError =>
  new ExecutorError({
    code: 'DEADLINE_EXCEEDED',
    reason: 'DEADLINE_EXCEEDED',
    message: 'the deadline has passed',
  });

/** An observer that throws must not cost the caller its answer, nor the process its life. */
function quietly(observe: () => void): void {
  try {
    observe();
  } catch {
    // Observers are the logger and the metrics: there is nobody left to tell.
  }
}
