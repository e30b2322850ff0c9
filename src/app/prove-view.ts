import { createFreshness, type Freshness } from '../kube/freshness.ts';
import { collectionProbes } from '../kube/probe.ts';
import type { Reflector } from '../kube/reflector.ts';
import type { Transport } from '../kube/transport-types.ts';

export interface ProveViewDeps {
  readonly transport: Pick<Transport, 'call' | 'stream'>;
  /** The collection that is viewed, and the part of it. */
  readonly path: string;
  readonly labelSelector: string;
  readonly reflector: Pick<Reflector<unknown>, 'status' | 'reconnect' | 'relist' | 'hasten'>;
  /** How often the store is asked; milliseconds. Absent for the default of freshness. */
  readonly intervalMs?: number;
  /** How old a view may be, in milliseconds. */
  readonly maxStalenessMs: number;
  readonly onError?: (error: unknown) => void;
}

/** Proves how fresh a view is, and has it listed or connected anew when that cannot be proven: a watch that stalls in silence ends so. */
export function proveView({ reflector, maxStalenessMs, ...deps }: ProveViewDeps): Freshness {
  const { transport, path, labelSelector, intervalMs, onError } = deps;
  return createFreshness({
    ...collectionProbes(transport, path, { labelSelector }),
    reached: () => reflector.status().resourceVersion,
    onDoubt: (why) => (why === 'stuck' ? reflector.reconnect() : reflector.relist()),
    onBack: () => reflector.hasten(),
    // Where no bookmark proves a quiet view (before 1.33), the list that is asked for then does, before anybody calls it stale.
    overdueMs: maxStalenessMs / 2,
    ...(intervalMs !== undefined && { intervalMs }),
    ...(onError && { onError }),
  });
}
