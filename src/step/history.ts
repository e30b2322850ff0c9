import type { Reach, Versions } from './mark.ts';
import type { EpochMs } from './step.ts';

/** What this executor knows of the cluster's history: how far it has come, and since when it misses nothing. */
export interface ClusterHistory {
  reach(): Reach;
  /** The first complete list of Jobs. Every deletion after it was seen. Undefined before. */
  began(): { readonly jobsView: string; readonly time: EpochMs } | undefined;
  /**
   * Waits, for a bounded time, until the views contain these versions. `never`: the cluster's store is not as far itself, so the versions
   * are of another one, or of this one before it was restored.
   */
  catchUp(versions: Versions, signal: AbortSignal): Promise<'reached' | 'behind' | 'never'>;
}
