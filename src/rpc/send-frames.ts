import type { Writable } from 'node:stream';
import type { Message } from '@bufbuild/protobuf';

/**
 * Writes frames until their end, no faster than the reader takes them: grpc-js buffers 16 frames, then the iterator is left alone.
 * Returns early when the signal aborts. Whatever happens, the iterator's return() is called, at once on abort.
 */
export async function sendFrames(
  sink: Writable,
  frames: AsyncIterable<Message>,
  encode: (frame: Message) => Buffer,
  signal: AbortSignal,
): Promise<void> {
  const iterator = frames[Symbol.asyncIterator]();
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    void leave(iterator);
  };
  signal.addEventListener('abort', close, { once: true });
  try {
    while (!signal.aborted) {
      const next = await iterator.next();
      if (next.done) {
        open = false;
        return;
      }
      if (signal.aborted) return;
      if (!sink.write(encode(next.value))) await writable(sink, signal);
    }
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

/** What the handler throws while it leaves reaches nobody: the call is over. */
async function leave(iterator: AsyncIterator<Message>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // See above.
  }
}

function writable(sink: Writable, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      sink.off('drain', done);
      sink.off('close', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    sink.on('drain', done);
    sink.on('close', done);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
