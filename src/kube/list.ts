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
  /** Called with each object as soon as its page is there, so that no page is kept whole. */
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
    const page = (
      await transport.call<KubeList<KubeObject>>({
        method: 'GET',
        path,
        query,
        signal,
        timeoutMs,
        retry: false,
      })
    ).body;
    const metadata = page?.metadata;
    if (!Array.isArray(page?.items) || !metadata?.resourceVersion) throw bad(path, 'it is no list');
    // The first page's version: never newer than what any page shows, so the watch can only tell too much.
    version ??= metadata.resourceVersion;
    if (token && metadata.continue === token) throw bad(path, 'its continue token does not move');
    token = metadata.continue;
    for (const object of page.items) request.onObject(object);
    request.onPage?.();
  } while (token);
  return version;
}

const bad = (path: string, why: string) => new NetworkError('protocol', `GET ${path}: bad list: ${why}`);
