import type { JobView, Observation, PodView } from '../job/observation.ts';

/** A change of a view of the cluster, as a reflector tells it. */
export interface Change<T> {
  readonly type: 'added' | 'updated' | 'deleted';
  readonly uid: string;
  readonly resourceVersion: string;
  readonly object: T;
  /** A list tells of a deletion by what it lacks, and so not of when it was. */
  readonly source?: 'list' | 'watch';
  /** The cluster's store went back, and this is what is true now. */
  readonly restored?: true;
}

/** What a change of a Job says. A deletion first tells the last state: the record may stand in it. */
export function jobObservations(change: Change<JobView>): readonly Observation[] {
  const seen: Observation = { kind: 'job', job: change.object, ...placeOf(change) };
  if (change.type !== 'deleted') return [seen];
  const version = change.source === 'watch' ? { version: change.resourceVersion } : {};
  return [seen, { kind: 'job-gone', jobUid: change.uid, ...version }];
}

export function podObservations(change: Change<PodView>): readonly Observation[] {
  const kind = change.type === 'deleted' ? 'pod-gone' : 'pod';
  return [{ kind, pod: change.object, ...placeOf(change) }];
}

const placeOf = ({ resourceVersion: version, restored }: Change<unknown>) =>
  restored ? ({ version, restored } as const) : { version };
