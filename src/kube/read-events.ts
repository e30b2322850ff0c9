import { objectList, storedObject } from './answers.ts';
import { readPage } from './list-page.ts';
import { NetworkError } from './network-error.ts';
import type { KubeEvent, KubeList, KubeObject } from './types.ts';

/** Of an answer: 500 ordinary Events have 0.7 MiB, but one may have 1.5. */
const longestAnswer = 2 * 1024 * 1024;

/**
 * The Events of an answer while it comes. What is longer than an answer should be is left unread, with the connection that it comes on:
 * the Events that were whole by then are returned, since some explain more than none.
 */
export async function readEvents(chunks: AsyncIterable<Buffer>): Promise<readonly KubeEvent[]> {
  const events: KubeEvent[] = [];
  const keep = (object: KubeObject) => void events.push(storedObject(object as KubeEvent));
  try {
    objectList((await readPage(beginning(chunks), keep)) as KubeList<KubeEvent>);
  } catch (error) {
    if (error instanceof SyntaxError) throw new NetworkError('protocol', 'the answer is not JSON', error);
    const { kind } = error as Partial<NetworkError>;
    if (kind !== 'too-large' || events.length === 0) throw error;
  }
  return events;
}

async function* beginning(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > longestAnswer) {
      throw new NetworkError('too-large', `a list of Events has more than ${longestAnswer} bytes`);
    }
    yield chunk;
  }
}
