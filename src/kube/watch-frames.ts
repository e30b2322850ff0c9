import type { StatusObject } from './api-error.ts';
import { NetworkError } from './network-error.ts';
import type { KubeObject, KubeObjectMeta } from './types.ts';

/** What we need of an object's metadata before we keep it. */
export type Identity = {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly resourceVersion: string;
};

/** A watch event about one object. */
export type ObjectFrame = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
  readonly id: Identity;
};

/** One line of a watch. */
export type Frame =
  | ObjectFrame
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly endOfInitialEvents: boolean }
  | { readonly type: 'ERROR'; readonly status: StatusObject };

const NEWLINE = 10;
const END_OF_INITIAL_EVENTS = 'k8s.io/initial-events-end';

/**
 * Cuts chunks into lines. A rest at the end of an orderly stream is a frame cut in half, and that is an error: what it
 * told must come again. `maxBytes` bounds one line; etcd's own limit for an object is 1.5 MiB.
 */
export async function* lines(
  chunks: AsyncIterable<Buffer>,
  maxBytes = 8 * 1024 * 1024,
): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const piece = chunk.subarray(start, end);
      const line = rest.length > 0 ? Buffer.concat([...rest, piece]) : piece;
      rest = [];
      restBytes = 0;
      start = end + 1;
      if (line.length > 0) yield line;
    }
    if (start === chunk.length) continue;
    rest.push(chunk.subarray(start));
    restBytes += chunk.length - start;
    if (restBytes > maxBytes) throw new NetworkError('too-large', `a watch frame exceeds ${maxBytes} bytes`);
  }
  if (restBytes > 0) throw new NetworkError('protocol', 'the watch ended in the middle of a frame');
}

/** Reads one line. Throws NetworkError `protocol` for whatever is not a frame: nothing is skipped. */
export function parseFrame(line: Buffer): Frame {
  const { type, object } = parseJson(line);
  if (typeof object !== 'object' || object === null) throw malformed('it has no object');
  switch (type) {
    case 'ERROR':
      return { type, status: object as StatusObject };
    case 'BOOKMARK': {
      const { metadata } = object as KubeObject;
      const endOfInitialEvents = metadata?.annotations?.[END_OF_INITIAL_EVENTS] === 'true';
      return { type, resourceVersion: versionOf(metadata), endOfInitialEvents };
    }
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object: object as KubeObject, id: identityOf(object as KubeObject) };
    default:
      throw malformed('its type is unknown');
  }
}

/** The identity of an object from a list or a watch; NetworkError `protocol` when it has none. */
export function identityOf({ metadata }: KubeObject): Identity {
  const { uid, name, namespace = '' } = metadata ?? {};
  if (typeof uid !== 'string' || typeof name !== 'string' || uid === '')
    throw malformed('its object has no uid or name');
  return { uid, name, namespace, resourceVersion: versionOf(metadata) };
}

function versionOf(metadata: KubeObjectMeta | undefined): string {
  const version = metadata?.resourceVersion;
  if (typeof version !== 'string' || version === '') throw malformed('its object has no resourceVersion');
  return version;
}

function parseJson(line: Buffer): { type?: unknown; object?: unknown } {
  try {
    const parsed: unknown = JSON.parse(line.toString('utf8'));
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch (error) {
    throw malformed('it is not JSON', error);
  }
  throw malformed('it is not an object');
}

const malformed = (why: string, cause?: unknown) =>
  new NetworkError('protocol', `bad watch frame: ${why}`, cause);
