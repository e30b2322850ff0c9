import { sleep } from '../../../src/lib/abort.ts';
import { type Exchange, untilGone } from './exchange.ts';
import type { Fault } from './fault.ts';
import { expiredFrame, refusalOf, refuse } from './refusals.ts';
import { answerHeaders } from './upstream.ts';

/** Passes a watch on frame by frame, until the fault's time has come. Rejects when client or API server goes away. */
export async function playWatch(exchange: Exchange, fault: Fault): Promise<void> {
  const { request, response, front, upstream, gone, reset } = exchange;
  const refusal = refusalOf(fault);
  if (refusal !== undefined) return refuse(response, refusal, fault);
  if (fault.kind === 'reset') return reset();
  if (fault.kind === 'stall') return untilGone(exchange);

  const answer = await upstream.send(request, gone);
  await front.awake();
  response.writeHead(answer.statusCode, answerHeaders(answer.headers));
  response.flushHeaders();
  const broken = fault.kind.startsWith('later-')
    ? sleep(fault.ms, gone).then(() => 'broken' as const)
    : undefined;
  const chunks = answer.body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let atStart = true;
  for (;;) {
    const chunk = chunks.next();
    // Looked at at a frame's border only, so that what the fault says is a frame of its own.
    const first: 'broken' | IteratorResult<Buffer> = await (atStart && broken
      ? Promise.race([broken, chunk])
      : chunk);
    await front.awake();
    if (first === 'broken') return breakOff(exchange, fault, chunk);
    if (first.done) return void response.end();
    if (fault.kind === 'slow') await sleep(fault.ms, gone);
    atStart = first.value.at(-1) === 0x0a;
    if (!response.write(first.value)) await drained(exchange);
  }
}

async function breakOff(
  exchange: Exchange,
  fault: Fault,
  next: Promise<IteratorResult<Buffer>>,
): Promise<void> {
  const { response, reset } = exchange;
  // What the API server says from here on is lost, or read when nobody listens.
  next.catch(() => undefined);
  switch (fault.kind) {
    case 'later-stall':
      return untilGone(exchange);
    case 'later-closed':
      return void response.end();
    case 'later-expired':
      return void response.end(expiredFrame);
    case 'later-garbage':
      return void response.end(fault.garbage);
    case 'later-half':
    case 'later-half-closed': {
      const { value, done } = await next;
      if (done) return void response.end();
      await new Promise<unknown>((resolve) => response.write(value.subarray(0, value.length >> 1), resolve));
      return fault.kind === 'later-half' ? reset() : void response.end();
    }
    default:
      return reset();
  }
}

function drained({ response, gone }: Exchange): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      gone.removeEventListener('abort', done);
      resolve();
    };
    response.once('drain', done);
    gone.addEventListener('abort', done, { once: true });
  });
}
