import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Code, ConnectError, type ContextValues, createContextValues } from '@connectrpc/connect';
import type { UniversalHandler } from '@connectrpc/connect/protocol';
import { universalRequestFromNodeRequest } from '@connectrpc/connect-node';
import type { Status } from '../../gen/google/rpc/status_pb.js';
import { unknownCaller } from '../identity/caller.ts';
import type { ByteBudget } from '../lib/byte-budget.ts';
import type { Leave, Slots } from '../lib/slots.ts';
import type { CallCounts } from '../policy/call-limits.ts';
import { isTooMuchUnread, tooMuchUnread } from '../policy/unread.ts';
import { ExecutorError } from '../step/errors.ts';
import { answerStatus } from './answer-status.ts';
import { toConnectError } from './connect-error.ts';
import { asJsonLines, wantsJsonLines } from './json-lines.ts';
import { callStart, type HttpCallDeps } from './open-call.ts';
import { addressKey, callerKey, peerOf } from './peer.ts';
import { checkMessage, isCompressed, readBody } from './request-body.ts';
import { writeResponse } from './write-response.ts';

/** An envelope around the message, as large as it may be. */
const ENVELOPE_BYTES = 5;
/** Node's timers hold 31 bits of milliseconds; Connect arms them without looking. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface EndpointDeps extends Pick<HttpCallDeps, 'identify'> {
  /** What requests that are not complete may hold. */
  readonly budget: ByteBudget;
  /** Compressed requests that are inflated. */
  readonly inflating: Slots;
  readonly maxBytes: number;
  readonly onRefused: (why: string) => void;
  readonly counts: CallCounts;
  readonly toStatus: (error: unknown) => Status;
}

/** Serves one request to one RPC. Rejects only when nothing can be answered any more. */
export async function serveRpc(
  handler: UniversalHandler,
  request: IncomingMessage,
  response: ServerResponse,
  deps: EndpointDeps,
): Promise<void> {
  dropEndlessTimeout(request.headers);
  const values = createContextValues();
  const identified = await identify(values, handler, request, deps);
  if (identified.ok) whenClosed(response, identified.leave);
  else if (isUnknown(identified.error)) response.setHeader('www-authenticate', 'Bearer');
  // Nothing else is served by GET today; its answer would not wait for the body.
  if (!identified.ok && request.method !== 'POST')
    return answerStatus(response, deps.toStatus(identified.error));
  const universal = universalRequestFromNodeRequest(request, response, undefined, values);
  const checked = { ...universal, body: checkedBody(handler, request, response, deps, identified) };
  const plainStream =
    handler.method.methodKind === 'server_streaming' &&
    request.method === 'POST' &&
    request.headers['content-encoding'] === undefined &&
    wantsJsonLines(request.headers['content-type']);
  const answer = plainStream ? await asJsonLines(handler, checked) : await handler(checked);
  await writeResponse(answer, response);
}

type Identified =
  | { readonly ok: true; readonly leave: Leave }
  | { readonly ok: false; readonly error: unknown };

/** Before the body is read: nobody unknown makes the server keep and parse one. */
async function identify(
  values: ContextValues,
  { method }: UniversalHandler,
  request: IncomingMessage,
  deps: EndpointDeps,
): Promise<Identified> {
  const peer = peerOf(request);
  values.set(addressKey, peer.address);
  try {
    if (deps.identify === undefined)
      return { ok: true, leave: deps.counts.enter({ kind: 'local', name: '' }) };
    values.set(callerKey, unknownCaller);
    const isGrpcWeb = /^application\/grpc-web/i.test(request.headers['content-type'] ?? '');
    const caller = await deps.identify(peer, callStart(method, isGrpcWeb));
    values.set(callerKey, caller);
    return { ok: true, leave: deps.counts.enter({ kind: 'known', name: caller.name }) };
  } catch (error) {
    return { ok: false, error };
  }
}

const isUnknown = (error: unknown): boolean =>
  error instanceof ExecutorError && error.code === 'UNAUTHENTICATED';

function whenClosed(response: ServerResponse, leave: Leave): void {
  if (response.closed || response.destroyed) leave();
  else response.once('close', leave);
}

/** Errors that come out of the body are answered by Connect in the protocol of the request. */
async function* checkedBody(
  handler: UniversalHandler,
  request: IncomingMessage,
  response: ServerResponse,
  deps: EndpointDeps,
  identified: Identified,
): AsyncGenerator<Uint8Array> {
  const claim = deps.budget.open(request.socket.remoteAddress ?? '');
  let inflated: Leave | undefined;
  try {
    if (!identified.ok) throw identified.error;
    const body = await readBody(request, deps.maxBytes + ENVELOPE_BYTES, claim);
    if (isCompressed(request.headers)) inflated = await room(deps.inflating.enter());
    await checkMessage(handler.method.input, request.headers, body, deps.maxBytes);
    yield body;
  } catch (error) {
    if (request.errored) throw new ConnectError('the caller left', Code.Canceled);
    // What is left of the body cannot be told from a next request.
    if (!request.complete) response.setHeader('connection', 'close');
    if (isTooMuchUnread(error)) deps.onRefused('unread_bytes');
    throw toConnectError(deps.toStatus(error));
  } finally {
    claim.release();
    inflated?.();
  }
}

async function room(place: Promise<Leave> | undefined): Promise<Leave> {
  if (place === undefined) throw tooMuchUnread();
  return place;
}

function dropEndlessTimeout(headers: IncomingHttpHeaders): void {
  if (Number(headers['connect-timeout-ms']) > MAX_TIMER_MS) delete headers['connect-timeout-ms'];
  const hours = /^(\d+)H$/.exec(String(headers['grpc-timeout']))?.[1];
  if (Number(hours) * 3_600_000 > MAX_TIMER_MS) delete headers['grpc-timeout'];
}
