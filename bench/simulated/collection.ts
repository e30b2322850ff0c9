import type { ServerResponse } from 'node:http';

/** What one collection of the simulated API server holds and tells. */
export interface Collection {
  /** Answers a list: a page of it, with the token for the next. */
  list(query: URLSearchParams, version: number, response: ServerResponse): void;
  /** Keeps the answer open and tells it what changes from then on. */
  watch(query: URLSearchParams, response: ServerResponse): void;
  /** Replaces one object and tells every watch. */
  modify(index: number, text: string): void;
  bookmark(version: number): void;
  /** Ends every watch with 410, and resolves when somebody watches again: he has listed anew before. */
  expire(): Promise<void>;
}

/** The executor's second watches, by which it proves how fresh its view is, are this short. */
const shortSeconds = 10;

export interface CollectionKind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** `texts` are the objects as JSON, in the order of their names. */
export function createCollection({ apiVersion, kind }: CollectionKind, texts: readonly string[]): Collection {
  const objects = texts.map(asItem);
  const watches = new Set<ServerResponse>();
  const comma = Buffer.from(',');
  let watched = Promise.withResolvers<void>();
  const tell = (type: string, object: string | Buffer): void => {
    const frame = `{"type":"${type}","object":${object}}\n`;
    for (const watch of watches) watch.write(frame);
  };
  const end = (watch: ServerResponse): void => {
    watches.delete(watch);
    watch.end();
  };
  return {
    list(query, version, response) {
      const from = Number(query.get('continue') ?? 0);
      const to = Math.min(objects.length, from + Number(query.get('limit') ?? objects.length));
      const metadata = {
        resourceVersion: String(version),
        ...(to < objects.length && { continue: String(to), remainingItemCount: objects.length - to }),
      };
      const head = JSON.stringify({ kind: `${kind}List`, apiVersion, metadata });
      const parts: Buffer[] = [Buffer.from(`${head.slice(0, -1)},"items":[`)];
      for (let i = from; i < to; i += 1) parts.push(...(i > from ? [comma] : []), objects[i] ?? comma);
      parts.push(Buffer.from(']}\n'));
      response.writeHead(200, { 'content-type': 'application/json' }).end(Buffer.concat(parts));
    },
    watch(query, response) {
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      watches.add(response);
      const seconds = Number(query.get('timeoutSeconds') ?? 600);
      const timer = setTimeout(end, seconds * 1000, response);
      response.on('close', () => {
        clearTimeout(timer);
        watches.delete(response);
      });
      if (seconds > shortSeconds) watched.resolve();
    },
    modify(index, text) {
      objects[index] = asItem(text);
      tell('MODIFIED', text);
    },
    bookmark(version) {
      tell('BOOKMARK', JSON.stringify({ apiVersion, kind, metadata: { resourceVersion: String(version) } }));
    },
    expire() {
      watched = Promise.withResolvers();
      tell('ERROR', JSON.stringify({ kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }));
      for (const watch of [...watches]) end(watch);
      return watched.promise;
    },
  };
}

/** Items of a list have no kind of their own, as the API server writes them. */
const asItem = (text: string) => Buffer.from(`{${text.slice(text.indexOf('"metadata":'))}`);
