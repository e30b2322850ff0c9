import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Code, ConnectError } from '@connectrpc/connect';
import type { UniversalHandler } from '@connectrpc/connect/protocol';
import { universalRequestFromNodeRequest } from '@connectrpc/connect-node';
import type { Status } from '../../gen/google/rpc/status_pb.js';
import { toConnectError } from './connect-error.ts';
import { asJsonLines, wantsJsonLines } from './json-lines.ts';
import { checkMessage, readBody } from './request-body.ts';
import { writeResponse } from './write-response.ts';

/** An envelope around the message, as large as it may be. */
const ENVELOPE_BYTES = 5;
/** Node's timers hold 31 bits of milliseconds; Connect arms them without looking. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface EndpointDeps {
  readonly toStatus: (error: unknown) => Status;
  readonly maxBytes: number;
}

/** Serves one request to one RPC. Rejects only when nothing can be answered any more. */
export async function serveRpc(
  handler: UniversalHandler,
  request: IncomingMessage,
  response: ServerResponse,
  deps: EndpointDeps,
): Promise<void> {
  dropEndlessTimeout(request.headers);
  const universal = universalRequestFromNodeRequest(request, response, undefined, undefined);
  const checked = { ...universal, body: checkedBody(handler, request, response, deps) };
  const plainStream =
    handler.method.methodKind === 'server_streaming' &&
    request.method === 'POST' &&
    request.headers['content-encoding'] === undefined &&
    wantsJsonLines(request.headers['content-type']);
  const answer = plainStream ? await asJsonLines(handler, checked) : await handler(checked);
  await writeResponse(answer, response);
}

/** Errors that come out of the body are answered by Connect in the protocol of the request. */
async function* checkedBody(
  handler: UniversalHandler,
  request: IncomingMessage,
  response: ServerResponse,
  deps: EndpointDeps,
): AsyncGenerator<Uint8Array> {
  try {
    const body = await readBody(request, deps.maxBytes + ENVELOPE_BYTES);
    await checkMessage(handler.method.input, request.headers, body, deps.maxBytes);
    yield body;
  } catch (error) {
    if (request.errored) throw new ConnectError('the caller left', Code.Canceled);
    // What is left of the body cannot be told from a next request.
    if (!request.complete) response.setHeader('connection', 'close');
    throw toConnectError(deps.toStatus(error));
  }
}

function dropEndlessTimeout(headers: IncomingHttpHeaders): void {
  if (Number(headers['connect-timeout-ms']) > MAX_TIMER_MS) delete headers['connect-timeout-ms'];
  const hours = /^(\d+)H$/.exec(String(headers['grpc-timeout']))?.[1];
  if (Number(hours) * 3_600_000 > MAX_TIMER_MS) delete headers['grpc-timeout'];
}
