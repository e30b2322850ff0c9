import { readPage } from './list-page.ts';
import { NetworkError } from './network-error.ts';
import type { Query, Transport } from './transport-types.ts';
import type { KubeList, KubeObject } from './types.ts';

export type ListRequest = {
  readonly transport: Pick<Transport, 'call'>;
  readonly path: string;
  readonly selectors: Query;
  readonly pageSize: number;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number | undefined;
  /** Any state not older than this will do (the watch cache answers). Absent: what is true now. */
  readonly notOlderThan?: string | undefined;
  /** Called with each object as soon as it is read, so that no page is kept whole; of a list that then fails, too. */
  readonly onObject: (object: KubeObject) => void;
  readonly onPage?: () => void;
};

/**
 * Lists page by page and resolves with the version to watch from. The next page is asked for only when the last one is
 * worked off, so the event loop has its turn between two pages. An expired continue token rejects like any other
 * refusal: only the first page's version makes the pages one state, so the list has to begin anew.
 */
export async function listAll(request: ListRequest): Promise<string> {
  const { transport, path, selectors, pageSize, signal, timeoutMs } = request;
  // With a limit alone, a resourceVersion would mean Exact, which soon is Expired.
  const start: Query = request.notOlderThan
    ? { resourceVersion: request.notOlderThan, resourceVersionMatch: 'NotOlderThan' }
    : {};
  let version: string | undefined;
  let token: string | undefined;
  do {
    const query = { ...selectors, limit: pageSize, ...(token ? { continue: token } : start) };
    // One attempt: the reflector has a policy of its own for refusals.
    const { body } = await transport.call<Partial<KubeList<unknown>> | null>({
      method: 'GET',
      path,
      query,
      read: (chunks) => read(chunks, path, request.onObject),
      signal,
      timeoutMs,
      retry: false,
    });
    const { items, metadata } = body ?? {};
    if (!Array.isArray(items) || !metadata?.resourceVersion) throw bad(path, 'it is no list');
    // The first page's version: never newer than what any page shows, so the watch can only tell too much.
    version ??= metadata.resourceVersion;
    if (token && metadata.continue === token) throw bad(path, 'its continue token does not move');
    token = metadata.continue;
    request.onPage?.();
  } while (token);
  return version;
}

async function read(chunks: AsyncIterable<Buffer>, path: string, onObject: ListRequest['onObject']) {
  try {
    return await readPage(chunks, onObject);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new NetworkError('protocol', `GET ${path}: the answer is not JSON`, error);
  }
}

const bad = (path: string, why: string) => new NetworkError('protocol', `GET ${path}: bad list: ${why}`);
