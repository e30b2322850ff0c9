import { annotation } from '../../../src/job/metadata.ts';
import type { TestCluster } from '../../support/cluster.ts';
import type { Tally } from '../load/tally.ts';
import type { Random } from '../random.ts';
import type { Sight, Told } from './observer.ts';
import { isGated, jobOf } from './starts.ts';

/** When a pod is taken from its Job: as it is made, chosen, opened, given a node, or started. */
const moments = ['made', 'chosen', 'opened', 'bound', 'started'] as const;
type Moment = (typeof moments)[number];

/** `strip` takes the finalizer alone: the pod runs on, and is no pod to its Job when it is over. */
const deeds = ['strip', 'strip-delete', 'strip-force', 'delete-strip'] as const;
type Deed = (typeof deeds)[number];

export interface Disturbance {
  readonly moment: Moment;
  readonly deed: Deed;
  /** How many pods of the Job are met by it. */
  readonly times: number;
  /** How long it waits when the moment has come. */
  readonly delayMs: number;
}

export const drawDisturbance = (random: Random): Disturbance => ({
  moment: random.pick(moments),
  deed: random.pick(deeds),
  times: random.between(1, 2),
  delayMs: random.pick([0, 0, 5, 20, 60]),
});

/** Somebody who takes pods from their Jobs. `plan` by the uid of the Job. */
export function createDisturber(cluster: Pick<TestCluster, 'request'>, tally: Tally) {
  const plans = new Map<string, Disturbance>();
  const met = new Map<string, Set<string>>();
  const pods = new Map<string, Map<string, Told>>();
  const chosen = new Map<string, string>();
  const work = new Set<Promise<void>>();

  const look = (jobUid: string): void => {
    const plan = plans.get(jobUid);
    if (plan === undefined) return;
    const done = met.get(jobUid) ?? new Set();
    met.set(jobUid, done);
    for (const pod of pods.get(jobUid)?.values() ?? []) {
      const { uid } = pod.metadata;
      if (done.size >= plan.times || done.has(uid) || !isAt(plan.moment, pod, chosen.get(jobUid))) continue;
      done.add(uid);
      tally.count(`disturbances: ${plan.deed} when ${plan.moment}`);
      const deed = wait(plan.delayMs).then(() => doIt(cluster, plan.deed, pod));
      work.add(deed);
      void deed.finally(() => work.delete(deed));
    }
  };
  return {
    plan(jobUid: string, disturbance: Disturbance): void {
      plans.set(jobUid, disturbance);
      look(jobUid);
    },
    sawPod({ type, object }: Sight): void {
      const jobUid = jobOf(object);
      const known = pods.get(jobUid) ?? new Map<string, Told>();
      pods.set(jobUid, known);
      if (type === 'DELETED') known.delete(object.metadata.uid);
      else known.set(object.metadata.uid, object);
      look(jobUid);
    },
    sawJob({ object }: Sight): void {
      const { uid, annotations = {} } = object.metadata;
      const text = annotations[annotation.chosenPod];
      if (text !== undefined) chosen.set(uid, text);
      look(uid);
    },
    /** Resolves when all is done that was begun. */
    settled: () => Promise.all(work),
  };
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A plain Job's pods are neither chosen nor opened: they are met as they are made. */
function isAt(moment: Moment, pod: Told, chosen: string | undefined): boolean {
  const plain = (pod.spec.schedulingGates ?? []).length === 0 && chosen === undefined;
  switch (moment) {
    case 'made':
      return true;
    case 'chosen':
      return plain || chosen === pod.metadata.uid;
    case 'opened':
      return !isGated(pod);
    case 'bound':
      return Boolean(pod.spec.nodeName);
    case 'started':
      return pod.status.phase === 'Running';
    default: {
      const never: never = moment;
      return never;
    }
  }
}

/** A pod may have gone by then: any answer will do. */
async function doIt(cluster: Pick<TestCluster, 'request'>, deed: Deed, pod: Told): Promise<void> {
  // Go ends a connection that was idle for 90 s, which a request may meet: each may be sent again.
  const request: TestCluster['request'] = (...of) =>
    cluster.request(...of).catch(() => cluster.request(...of));

  const { namespace, name, uid } = pod.metadata;
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  const strip = () => request('PATCH', path, { metadata: { finalizers: null, uid } });
  const remove = (more: object = {}) =>
    request('DELETE', path, { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid }, ...more });
  if (deed === 'delete-strip') await remove();
  await strip();
  if (deed === 'strip-delete') await remove();
  if (deed === 'strip-force') await remove({ gracePeriodSeconds: 0 });
}
