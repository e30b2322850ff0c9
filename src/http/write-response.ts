import type { ServerResponse } from 'node:http';
import type { UniversalServerResponse } from '@connectrpc/connect/protocol';

/**
 * Writes an answer of Connect's, no faster than the reader takes it. Connect's own writer waits for ever for a reader that went while
 * it was slow, and so never closes the stream behind it.
 */
export async function writeResponse(
  answer: UniversalServerResponse,
  response: ServerResponse,
): Promise<void> {
  const chunks = answer.body?.[Symbol.asyncIterator]();
  try {
    response.writeHead(answer.status, [...new Headers(answer.header)].flat());
    for (;;) {
      const next = await chunks?.next();
      if (next === undefined || next.done) break;
      if (!response.write(next.value)) await drained(response);
      if (response.destroyed) return;
    }
    response.end();
  } finally {
    // Not awaited: the stream behind it may be waiting for something that comes late.
    void leave(chunks);
  }
}

async function leave(chunks: AsyncIterator<Uint8Array> | undefined): Promise<void> {
  try {
    await chunks?.return?.();
  } catch {
    // The answer is written or nobody reads it.
  }
}

function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
