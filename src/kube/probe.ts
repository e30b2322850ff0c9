import type { FreshnessDeps, Silence } from './freshness.ts';
import { NetworkError } from './network-error.ts';
import type { Query, Transport } from './transport-types.ts';
import type { KubeList } from './types.ts';
import { watchFrames } from './watch.ts';

// The API server sends a bookmark 2 s before a watch's time limit (nextBookmarkTime in its watch cache), so the shortest
// watch that has one takes 3 s.
const WATCH_SECONDS = 3;

/** The questions that createFreshness asks about one collection. */
export function collectionProbes(
  transport: Pick<Transport, 'call' | 'stream'>,
  path: string,
  selectors: Query = {},
): Required<Pick<FreshnessDeps, 'probe' | 'silence'>> {
  return {
    async probe(signal) {
      const query = { ...selectors, limit: 1 };
      const request = { method: 'GET', path, query, signal, timeoutMs: 10_000, retry: false } as const;
      const { body } = await transport.call<KubeList<unknown>>(request);
      const revision = body?.metadata?.resourceVersion;
      if (!revision) throw new NetworkError('protocol', `GET ${path}: the list has no resourceVersion`);
      return revision;
    },
    async silence(since, signal) {
      const found: { -readonly [Key in keyof Silence]: Silence[Key] } = {};
      const frames = watchFrames({
        transport,
        path,
        query: { ...selectors, resourceVersion: since },
        seconds: [WATCH_SECONDS, WATCH_SECONDS],
        idleMs: 2 * WATCH_SECONDS * 1_000,
        random: () => 0,
        signal,
        onOpen: () => undefined,
      });
      // Read to its end, so that the connection can be used again.
      for await (const frame of frames) {
        if (frame.type !== 'BOOKMARK') found.event ??= frame.id.resourceVersion;
        else if (found.event === undefined) found.until = frame.resourceVersion;
      }
      return found;
    },
  };
}
