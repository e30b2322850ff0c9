import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers with text and ends. HEAD gets the headers alone. */
export function answerText(
  response: ServerResponse,
  status: number,
  text: string,
  contentType = 'text/plain; charset=utf-8',
) {
  const body = Buffer.from(text);
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': body.byteLength,
    // Nobody may take what callers put into errors for a page.
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}

/** An error in the form that Connect clients read. */
export function answerError(response: ServerResponse, status: number, code: string, message: string): void {
  answerText(response, status, `${JSON.stringify({ code, message })}\n`, 'application/json');
}

/** True, and answered with 405, unless the request only reads. */
export function refusedWrite(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method === 'GET' || request.method === 'HEAD') return false;
  response.setHeader('allow', 'GET, HEAD');
  answerError(response, 405, 'unimplemented', `${request.method} is not supported here: use GET`);
  return true;
}
