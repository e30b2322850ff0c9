import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { DescMethod } from '@bufbuild/protobuf';
import type { Server } from '@grpc/grpc-js';
import type { Caller } from '../identity/caller.ts';
import type { ByteBudget } from '../lib/byte-budget.ts';
import { createSlots, type Leave } from '../lib/slots.ts';
import type { CallCounts } from '../policy/call-limits.ts';
import { inflating, tooMuchUnread } from '../policy/unread.ts';
import { ExecutorError } from '../step/errors.ts';
import { blameClient } from './compressed.ts';
import { aroundEachCall } from './http2-settings.ts';
import { createIntake } from './intake.ts';
import { type BridgeDeps, callStart, type Peer } from './open-call.ts';
import { closeBehindStatus, refuseStream } from './refuse-stream.ts';
import { certificateOf } from './sessions.ts';
import { reasonOf, statusName } from './to-status.ts';
import { VISIT, type Visitors } from './visitors.ts';

export interface GateDeps extends Pick<BridgeDeps, 'toStatus' | 'onStart' | 'onCall'> {
  readonly methods: Iterable<DescMethod>;
  readonly visitors: Visitors;
  /** Says who calls, or rejects with an ExecutorError. */
  readonly identify?: (peer: Peer, start: ReturnType<typeof callStart>) => Promise<Caller>;
  readonly counts: CallCounts;
  /** Whether a method needs no identity. */
  readonly isPublic: (method: string) => boolean;
  readonly budget: ByteBudget;
  readonly requestTimeMs: number;
  /** As HTTP/2 counts them: with 32 bytes for each field. */
  readonly maxHeaderBytes: number;
  readonly onRefused: (why: string) => void;
}

/**
 * Decides on the headers of a call alone, before grpc-js reads and keeps a byte of its message: who calls, and whether there is room. Call it
 * when the server is bound. Returns what ends it.
 */
export function installGate(server: Server, deps: GateDeps): () => void {
  const { visitors, toStatus, counts, onRefused } = deps;
  const methods = new Map(
    [...deps.methods].map((method) => [`/${method.parent.typeName}/${method.name}`, method]),
  );
  const slots = createSlots(inflating.atOnce, inflating.waiting);
  const intake = createIntake({
    budget: deps.budget,
    timeMs: deps.requestTimeMs,
    refuse: (stream, error) => refuseStream(stream, toStatus(error)),
    onRefused,
  });

  const enter = (stream: ServerHttp2Stream, method: DescMethod, caller: Caller | undefined): void => {
    const name = `${method.parent.typeName}/${method.name}`;
    const kind = deps.isPublic(name) ? 'public' : caller === undefined ? 'local' : 'known';
    const holder = stream.session?.socket?.remoteAddress ?? '';
    stream.once('close', counts.enter({ kind, name: kind === 'known' ? (caller?.name ?? '') : holder }));
    intake.watch(stream, holder, method.methodKind !== 'bidi_streaming');
  };
  const refuse = (stream: ServerHttp2Stream, method: DescMethod, error: unknown): void => {
    const start = callStart(method);
    deps.onStart?.(start);
    const status = toStatus(error);
    refuseStream(stream, status);
    const end = {
      code: statusName(status.code),
      reason: reasonOf(error),
      durationMs: 0,
      caller: 'anonymous',
    };
    deps.onCall?.({ ...start, ...end });
  };
  /** Where something is waited for before the call may begin. */
  const enterLater = async (
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    method: DescMethod,
  ): Promise<boolean> => {
    const caller = await deps.identify?.(peerOf(stream, headers), callStart(method));
    const begun = isCompressed(headers) ? await turn(slots.enter(), onRefused) : undefined;
    if (stream.closed || stream.destroyed) {
      begun?.();
      return false;
    }
    const id = visitors.add({ caller, begun: begun ?? (() => undefined) });
    headers[VISIT] = id;
    stream.once('close', () => {
      visitors.take(id);
      begun?.();
    });
    enter(stream, method, caller);
    return true;
  };
  aroundEachCall(server, ({ stream, headers, rawHeaders }, go) => {
    delete headers[VISIT];
    const method = methods.get(String(headers[':path']));
    // What is no call of ours grpc-js refuses by itself, unread.
    if (method === undefined || !isGrpc(headers)) return go();
    // A stream that fails meanwhile is over, and nobody else listens yet.
    stream.on('error', () => undefined);
    closeBehindStatus(stream);
    if (sizeOf(rawHeaders) > deps.maxHeaderBytes) {
      onRefused('headers');
      return refuse(stream, method, headersTooLarge(deps.maxHeaderBytes));
    }
    if (isCompressed(headers)) blameClient(stream, toStatus);
    if (deps.identify !== undefined || isCompressed(headers)) {
      enterLater(stream, headers, method).then(
        (isIn) => isIn && go(),
        (error: unknown) => refuse(stream, method, error),
      );
      return;
    }
    try {
      enter(stream, method, undefined);
    } catch (error) {
      return refuse(stream, method, error);
    }
    go();
  });
  return intake.stop;
}

async function turn(place: Promise<Leave> | undefined, onRefused: (why: string) => void): Promise<Leave> {
  if (place !== undefined) return place;
  onRefused('unread_bytes');
  throw tooMuchUnread();
}

/** Node bounds their number alone. */
const sizeOf = (rawHeaders: readonly string[]): number =>
  rawHeaders.reduce((sum, text) => sum + text.length, rawHeaders.length * 16);

function headersTooLarge(bytes: number): ExecutorError {
  return new ExecutorError({
    code: 'RESOURCE_EXHAUSTED',
    reason: 'HEADERS_TOO_LARGE',
    message: `the headers of the call are larger than ${bytes} bytes`,
  });
}

const isGrpc = (headers: IncomingHttpHeaders): boolean =>
  headers['content-type']?.startsWith('application/grpc') === true;

const isCompressed = (headers: IncomingHttpHeaders): boolean =>
  (headers['grpc-encoding'] ?? 'identity') !== 'identity';

function peerOf({ session }: ServerHttp2Stream, headers: IncomingHttpHeaders): Peer {
  const { remoteAddress, remotePort } = session?.socket ?? {};
  const certificate = certificateOf(session);
  return {
    address: remoteAddress === undefined ? 'unknown' : `${remoteAddress}:${remotePort}`,
    ...(certificate && { certificate }),
    header: (name) => {
      const value = headers[name];
      return typeof value === 'string' ? value : undefined;
    },
  };
}
