import type { IncomingMessage, ServerResponse } from 'node:http';
import { textOf } from '../json.ts';
import { ApiError, badRequest, tooLarge, unsupportedMediaType } from '../status.ts';

const BODY_LIMIT = 3 * 1024 * 1024;
const JSON_TYPES = ['application/json'];

/** One request being answered. */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: URLSearchParams;
};

export function mediaType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const part = chunk as Buffer;
    size += part.length;
    if (size > BODY_LIMIT) throw tooLarge(BODY_LIMIT);
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The body as JSON of one of the accepted media types; undefined when it is empty. */
export async function readJson(
  request: IncomingMessage,
  accepted: readonly string[] = JSON_TYPES,
): Promise<unknown> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT) throw tooLarge(BODY_LIMIT);
  const text = await readText(request);
  if (text.trim() === '') return undefined;
  if (!accepted.includes(mediaType(request))) throw unsupportedMediaType(accepted);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(
      `the body of the request is not valid JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

export function sendText(
  response: ServerResponse,
  code: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(code, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-cache, private',
  });
  response.end(text);
}

export function sendJson(response: ServerResponse, code: number, body: object): void {
  sendText(response, code, textOf(body), 'application/json');
}

/** Answers with the Status of a refusal; anything that is not one is an InternalError that names nothing. */
export function sendError(response: ServerResponse, error: unknown): void {
  const refusal =
    error instanceof ApiError ? error : new ApiError(500, 'InternalError', 'Internal error occurred');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // What is left of a body that was too long is not read: the connection ends with the answer.
  if (refusal.code === 413) response.setHeader('connection', 'close');
  if (refusal.code === 401) response.setHeader('www-authenticate', 'Bearer');
  sendJson(response, refusal.code, refusal.status);
}
