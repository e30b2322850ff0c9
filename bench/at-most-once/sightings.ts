import { observe, type Told } from '../../test/faults/at-most-once/observer.ts';
import { jobOf } from '../../test/faults/at-most-once/starts.ts';
import { namespace } from '../support/bench-cluster.ts';

/** When a raw watch saw the pod of a Job made, and given to a node. */
export interface Sightings {
  /** Resolves with both when the pod has a node. */
  readonly bound: (jobUid: string) => Promise<Sighting>;
  readonly close: () => Promise<void>;
}

export interface Sighting {
  readonly made: number;
  readonly bound: number;
}

/** Looks at the pods of the bench's tenant, past every executor. */
export async function openSightings(kubeconfig: string): Promise<Sightings> {
  const made = new Map<string, number>();
  const ready = new Map<string, PromiseWithResolvers<Sighting>>();
  const of = (jobUid: string) => {
    const known = ready.get(jobUid) ?? Promise.withResolvers<Sighting>();
    ready.set(jobUid, known);
    return known;
  };
  const access = { kind: 'kubeconfig', file: kubeconfig } as const;
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const observer = await observe(access, path, ({ object }: { readonly object: Told }) => {
    const now = performance.now();
    const jobUid = jobOf(object);
    if (!made.has(jobUid)) made.set(jobUid, now);
    if (object.spec.nodeName) of(jobUid).resolve({ made: made.get(jobUid) ?? now, bound: now });
  });
  return { bound: (jobUid) => of(jobUid).promise, close: observer.close };
}
