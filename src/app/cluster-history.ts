import { setTimeout as delay } from 'node:timers/promises';
import { compareVersions, hasReached } from '../lib/resource-version.ts';
import type { ClusterHistory } from '../step/history.ts';
import { isNewer, noVersion } from '../step/mark.ts';
import type { EpochMs } from '../step/step.ts';

/** What is asked of one view. */
export interface ViewPlace {
  /** What it is known to contain; empty before the first list. */
  readonly reached: () => string;
  /** The newest version among the objects that it has seen. */
  readonly seen: () => string;
  /** The store's own version, by a consistent read. */
  readonly revision: (signal: AbortSignal) => Promise<string>;
}

export interface ClusterHistoryDeps {
  readonly jobs: ViewPlace;
  readonly pods: ViewPlace;
  readonly began: () => { readonly jobsView: string; readonly time: EpochMs } | undefined;
  /** How long a view that is behind is waited for. */
  readonly patienceMs?: number;
}

/** A watch delivers within milliseconds: a view that is behind for longer has lost its watch, and the client has other replicas. */
const defaultPatienceMs = 5_000;
const lookEveryMs = 20;

/** How far the two views are, as the registry marks its changes with it. */
export function createClusterHistory(deps: ClusterHistoryDeps): ClusterHistory {
  const { jobs, pods, began, patienceMs = defaultPatienceMs } = deps;

  const catchUp = async (view: ViewPlace, wanted: string, signal: AbortSignal) => {
    // What cannot be compared cannot be waited for; all that may be new is sent again then.
    if (compareVersions(wanted, noVersion) === undefined) return 'reached';
    if (hasReached(view.reached(), wanted)) return 'reached';
    const revision = await view.revision(signal).catch(() => undefined);
    if (revision !== undefined && isNewer(wanted, revision)) return 'never';
    const until = performance.now() + patienceMs;
    while (!hasReached(view.reached(), wanted)) {
      if (performance.now() > until) return 'behind';
      await delay(lookEveryMs, undefined, { signal });
    }
    return 'reached';
  };

  return {
    // While a list is taken over, its objects come in any order: only what lies before it is complete.
    reach: () => ({ jobs: lower(jobs), pods: lower(pods), jobsView: jobs.reached() || noVersion }),
    began,
    async catchUp(wanted, signal) {
      const both = await Promise.all([
        catchUp(jobs, wanted.jobs, signal),
        catchUp(pods, wanted.pods, signal),
      ] as const);
      return both.find((one) => one === 'never') ?? both.find((one) => one === 'behind') ?? 'reached';
    },
  };
}

function lower({ reached, seen }: ViewPlace): string {
  const [a, b] = [reached() || noVersion, seen() || noVersion];
  return isNewer(a, b) ? b : a;
}
