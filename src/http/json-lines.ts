import { Code } from '@connectrpc/connect';
import type {
  UniversalHandlerFn,
  UniversalServerRequest,
  UniversalServerResponse,
} from '@connectrpc/connect/protocol';
import { encodeEnvelope } from '@connectrpc/connect/protocol';
import {
  codeFromString,
  codeToHttpStatus,
  contentTypeStreamJson,
  endStreamFlag,
} from '@connectrpc/connect/protocol-connect';

const ENVELOPE_BYTES = 5;

type Chunks = AsyncIterable<Uint8Array>;

/**
 * Serves a stream to plain JSON, for curl: the request as it would be for a unary call, the answer one frame a line, an error as the
 * last line in `error`. Connect itself wants binary envelopes for streams; this adds and removes them.
 */
export async function asJsonLines(
  handler: UniversalHandlerFn,
  request: UniversalServerRequest & { body: Chunks },
): Promise<UniversalServerResponse> {
  const header = new Headers(request.header);
  header.set('content-type', contentTypeStreamJson);
  header.delete('connect-accept-encoding');
  const answer = await handler({ ...request, header, body: enveloped(request.body) });
  const lines = toLines(answer.body as Chunks)[Symbol.asyncIterator]();
  const first = await lines.next();
  return {
    status: first.done ? answer.status : first.value.httpStatus,
    header: new Headers({ 'content-type': 'application/x-ndjson' }),
    body: chunksOf(first, lines),
  };
}

/** True for a request that asks for JSON in the plain form. */
export function wantsJsonLines(contentType: string | undefined): boolean {
  return /^application\/json(?: *;|$)/i.test(contentType ?? '');
}

interface Line {
  readonly bytes: Uint8Array;
  /** Status of the answer if this line is its first. */
  readonly httpStatus: number;
}

async function* enveloped(body: Chunks): Chunks {
  for await (const chunk of body) yield encodeEnvelope(0, new Uint8Array(chunk));
}

/** Connect hands over one envelope at a time. */
async function* toLines(envelopes: Chunks): AsyncGenerator<Line> {
  for await (const envelope of envelopes) {
    const json = Buffer.from(envelope.subarray(ENVELOPE_BYTES));
    if (((envelope[0] ?? 0) & endStreamFlag) === 0) {
      yield { bytes: Buffer.concat([json, Buffer.from('\n')]), httpStatus: 200 };
      continue;
    }
    const { error } = JSON.parse(json.toString()) as { error?: { code: string } };
    if (error === undefined) continue;
    const httpStatus = codeToHttpStatus(codeFromString(error.code) ?? Code.Unknown);
    yield { bytes: Buffer.from(`${JSON.stringify({ error })}\n`), httpStatus };
  }
}

async function* chunksOf(first: IteratorResult<Line>, lines: AsyncIterator<Line>): Chunks {
  try {
    for (let next = first; !next.done; next = await lines.next()) yield next.value.bytes;
  } finally {
    await lines.return?.();
  }
}
