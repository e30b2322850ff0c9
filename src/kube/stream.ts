import type { Dispatcher } from 'undici';
import { apiErrorFromResponse } from './api-error.ts';
import { networkErrorFrom } from './network-error.ts';
import type { PoolPair } from './pools.ts';
import { queryText, type StreamRequest } from './transport-types.ts';

// A refusal on a stream is a Status of some hundred bytes; more than this is a proxy's page.
const MAX_REFUSAL_BYTES = 64 * 1024;

/** Opens a long answer on the watch pool and hands out its chunks as they come. */
export async function openStream(
  pair: PoolPair,
  request: StreamRequest,
  headers: Readonly<Record<string, string>>,
): Promise<AsyncIterable<Buffer>> {
  const name = `GET ${request.path}`;
  const { signal } = request;
  const failure = (error: unknown) => (signal?.aborted ? signal.reason : networkErrorFrom(error, name));
  let response: Dispatcher.ResponseData;
  try {
    response = await pair[request.pool ?? 'watch'].request({
      origin: pair.origin,
      method: 'GET',
      path: `${pair.basePath}${request.path}${queryText(request.query)}`,
      headers,
      signal: signal ?? null,
      headersTimeout: request.openMs ?? 30_000,
      bodyTimeout: request.idleMs,
    });
  } catch (error) {
    throw failure(error);
  }
  const body = chunks(response.body, failure);
  if (response.statusCode < 300) return body;
  throw apiErrorFromResponse(response.statusCode, response.headers, await readSome(body), name);
}

async function* chunks(
  body: AsyncIterable<Buffer>,
  failure: (error: unknown) => unknown,
): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    throw failure(error);
  }
}

async function readSome(body: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    parts.push(chunk);
    size += chunk.length;
    if (size >= MAX_REFUSAL_BYTES) break;
  }
  return Buffer.concat(parts).toString('utf8', 0, MAX_REFUSAL_BYTES);
}
