import type { DescMethod } from '@bufbuild/protobuf';
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect';
import type { Status } from '../../gen/google/rpc/status_pb.js';
import type { Caller } from '../identity/caller.ts';
import { parseTraceparent } from '../lib/traceparent.ts';
import { type ErrorCode, ExecutorError } from '../step/errors.ts';
import { toConnectError } from './connect-error.ts';
import { addressKey, callerKey, type HttpPeer } from './peer.ts';
import type { HttpCallContext } from './service.ts';

/** A call as observers see it; the same shape as on the gRPC edge. */
export interface HttpCallStart {
  readonly method: string;
  readonly kind: 'unary' | 'stream';
  readonly protocol: 'connect' | 'grpc-web';
}

export interface HttpCallEnd extends HttpCallStart {
  readonly code: string;
  readonly reason: string;
  readonly durationMs: number;
  readonly caller: string;
}

export interface HttpCallDeps {
  readonly toStatus: (error: unknown) => Status;
  /** Says who calls, or rejects with an ExecutorError. Everybody is `local` by default. */
  readonly identify?: (peer: HttpPeer, start: HttpCallStart) => Promise<Caller>;
  readonly draining?: AbortSignal;
  readonly onStart?: (call: HttpCallStart) => void;
  readonly onCall?: (call: HttpCallEnd) => void;
}

/** One call from its request to its end, which comes once. */
export interface HttpCall {
  readonly context: HttpCallContext;
  /** The promise, or a rejection as soon as the caller leaves, the deadline passes or the server stops. */
  race<T>(work: Promise<T>): Promise<T>;
  succeed(): void;
  /** The reader left; does nothing after another end. */
  leave(): void;
  /** Marks the failure and gives what Connect is to throw. */
  fail(error: unknown): ConnectError;
}

/** Opens a call. */
export function openHttpCall(
  handlerContext: HandlerContext,
  method: DescMethod,
  deps: HttpCallDeps,
): HttpCall {
  const startedAt = performance.now();
  const start = callStart(method, handlerContext.protocolName === 'grpc-web');
  const abort = new AbortController();
  const context = callContext(handlerContext, deps, abort.signal);
  const onAbort = (): void => abort.abort(reasonToEnd(handlerContext.signal.reason));
  if (handlerContext.signal.aborted) onAbort();
  else handlerContext.signal.addEventListener('abort', onAbort, { once: true });

  let over = false;
  const end = (code: string, reason: string): void => {
    if (over) return;
    over = true;
    handlerContext.signal.removeEventListener('abort', onAbort);
    const durationMs = performance.now() - startedAt;
    quietly(() => deps.onCall?.({ ...start, code, reason, durationMs, caller: context.caller.name }));
  };
  quietly(() => deps.onStart?.(start));
  return {
    context,
    race: (work) => untilAborted(work, abort.signal),
    succeed: () => end('OK', ''),
    leave: () => {
      abort.abort(reasonToEnd(undefined));
      end('CANCELLED', '');
    },
    fail: (error) => {
      const status = deps.toStatus(error);
      const known = error instanceof ExecutorError;
      end(known ? error.code : 'INTERNAL', known ? error.reason : 'INTERNAL');
      return toConnectError(status);
    },
  };
}

/** A call as observers see it from its beginning. */
export function callStart(method: DescMethod, isGrpcWeb: boolean): HttpCallStart {
  return {
    method: `${method.parent.typeName}/${method.name}`,
    kind: method.methodKind === 'unary' ? 'unary' : 'stream',
    protocol: isGrpcWeb ? 'grpc-web' : 'connect',
  };
}

function callContext(
  handlerContext: HandlerContext,
  deps: HttpCallDeps,
  signal: AbortSignal,
): HttpCallContext {
  const header = (name: string): string | undefined => handlerContext.requestHeader.get(name) ?? undefined;
  const traceparent = parseTraceparent(header('traceparent'));
  return {
    signal,
    caller: handlerContext.values.get(callerKey),
    peer: handlerContext.values.get(addressKey),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(deps.draining === undefined ? {} : { draining: deps.draining }),
  };
}

/** Connect aborts with an error of its own for deadlines and for the server's stop, and with anything when the connection went. */
function reasonToEnd(reason: unknown): ExecutorError {
  const code = reason instanceof ConnectError ? reason.code : undefined;
  if (code === Code.DeadlineExceeded)
    return ended('DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED', 'the deadline has passed');
  if (code === Code.Unavailable) return ended('UNAVAILABLE', 'DRAINING', 'the server is stopping');
  return ended('CANCELLED', 'CANCELLED', 'the caller left');
}

function ended(code: ErrorCode, reason: string, message: string): ExecutorError {
  return new ExecutorError({ code, reason, message });
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function quietly(observe: () => void): void {
  try {
    observe();
  } catch {
    // Observers are the logger and the metrics: there is nobody left to tell.
  }
}
