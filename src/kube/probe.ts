import { NetworkError } from './network-error.ts';
import type { Query, Transport } from './transport-types.ts';
import type { KubeList } from './types.ts';

/** The probe of createFreshness for one collection: a consistent list of one object, for its revision. */
export function revisionProbe(
  transport: Pick<Transport, 'call'>,
  path: string,
  selectors: Query = {},
): (signal: AbortSignal) => Promise<string> {
  return async (signal) => {
    const query = { ...selectors, limit: 1 };
    const { body } = await transport.call<KubeList<unknown>>({
      method: 'GET',
      path,
      query,
      signal,
      timeoutMs: 10_000,
      retry: false,
    });
    const revision = body?.metadata?.resourceVersion;
    if (!revision) throw new NetworkError('protocol', `GET ${path}: the list has no resourceVersion`);
    return revision;
  };
}
