import { compareVersions } from '../lib/resource-version.ts';
import type { EpochMs } from './step.ts';

/** A place in the history of each view of the cluster, by resourceVersion; empty where nobody knows. */
export interface Versions {
  readonly jobs: string;
  readonly pods: string;
}

/** How far the views of an executor are: the newest object of each that they have seen. */
export interface Reach extends Versions {
  /** What the view of Jobs is known to contain; further than its newest object where nothing has happened since. */
  readonly jobsView: string;
}

/** A moment of the cluster's history: valid on every replica, since the versions are the cluster's own. */
export interface Mark extends Reach {
  /** The clock of the executor that made it. */
  readonly time: EpochMs;
}

/** Where an object that is not there stands: behind everything. */
export const noVersion = '0';
export const nowhere: Reach = { jobs: '', pods: '', jobsView: '' };

/** Whether a version lies behind another one. What cannot be compared counts as new: telling it twice is better than never. */
export function isNewer(version: string, than: string): boolean {
  const order = compareVersions(version, than);
  return order === undefined || order > 0;
}

export const isPast = (versions: Versions, mark: Versions): boolean =>
  isNewer(versions.jobs, mark.jobs) || isNewer(versions.pods, mark.pods);

/** The later of both, view by view. */
export function later(a: Versions, b: Versions): Versions {
  const newer = (x: string, y: string) => (isNewer(x, y) ? x : y);
  return { jobs: newer(a.jobs, b.jobs), pods: newer(a.pods, b.pods) };
}
