import { sleep } from '../../../src/lib/abort.ts';
import { type Exchange, untilGone } from './exchange.ts';
import type { Fault } from './fault.ts';
import { refusalOf, refuse } from './refusals.ts';
import { answerHeaders } from './upstream.ts';

/** Passes a call on and its answer back, or what the fault makes of the two. Rejects when client or API server goes away. */
export async function playCall(exchange: Exchange, fault: Fault): Promise<void> {
  const { request, response, front, upstream, gone, reset } = exchange;
  const refusal = refusalOf(fault);
  if (refusal !== undefined) return refuse(response, refusal, fault);
  if (fault.kind === 'reset') return reset();
  if (fault.kind === 'stall') return untilGone(exchange);
  if (fault.kind === 'delay') await sleep(fault.ms, gone);

  // Without the client's signal: what is lost on the way back has happened all the same.
  const doomed = fault.kind === 'lose-answer' || fault.kind === 'stall-answer';
  const answer = await upstream.send(request, doomed ? AbortSignal.timeout(30_000) : gone);
  const body = Buffer.from(await answer.body.arrayBuffer());
  await front.awake();

  if (fault.kind === 'lose-answer') return reset();
  if (fault.kind === 'stall-answer') return untilGone(exchange);
  const headers = answerHeaders(answer.headers);
  if (fault.kind === 'half') {
    response.writeHead(answer.statusCode, { ...headers, 'content-length': String(body.length) });
    await written(exchange, body.subarray(0, body.length >> 1));
    return reset();
  }
  response.writeHead(answer.statusCode, headers);
  if (fault.kind === 'half-closed') response.end(body.subarray(0, body.length >> 1));
  else if (fault.kind === 'garbage') response.end(fault.garbage);
  else response.end(body);
}

/** Resolves when the bytes are with the kernel, so that a reset does not overtake them. */
function written({ response, gone }: Exchange, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    gone.addEventListener('abort', () => resolve(), { once: true });
    response.write(bytes, () => resolve());
  });
}
