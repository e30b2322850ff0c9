import { annotation, readKey } from '../../../src/job/metadata.ts';
import { formatKey } from '../../../src/step/key.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { must } from '../../support/tenants.ts';
import type { EndedStep } from './run-load.ts';
import type { Tally } from './tally.ts';

interface StoredObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly uid: string }[];
  };
  readonly status?: {
    readonly active?: number;
    readonly succeeded?: number;
    readonly failed?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** What the cluster holds after a run, by itself: past every executor. */
export async function takeCensus(
  cluster: Pick<TestCluster, 'request'>,
  namespace: string,
  ended: readonly EndedStep[],
  tally: Tally,
): Promise<void> {
  const jobs = await listAll(cluster, `/apis/batch/v1/namespaces/${namespace}/jobs`);
  const pods = await listAll(cluster, `/api/v1/namespaces/${namespace}/pods`);
  const inputs = (await listAll(cluster, `/api/v1/namespaces/${namespace}/configmaps`)).filter(
    ({ metadata }) => metadata.name.startsWith('glip-'),
  );
  tally.count('census: Jobs', jobs.length);
  tally.count('census: pods', pods.length);
  tally.count('census: ConfigMaps', inputs.length);

  const steps = new Map(ended.map(({ request, end }) => [formatKey(request.key), end]));
  const byStep = new Map<string, StoredObject[]>();
  for (const job of jobs) {
    const key = readKey(job.metadata.annotations?.[annotation.key]);
    const name = key === undefined ? 'nobody' : formatKey(key);
    byStep.set(name, [...(byStep.get(name) ?? []), job]);
    if (!steps.has(name)) tally.violation(`the Job ${job.metadata.name} belongs to no step: an orphan`);
  }
  for (const [name, end] of steps) {
    const own = byStep.get(name) ?? [];
    if (own.length !== 1) tally.violation(`${name} has ${own.length} Jobs`);
    for (const job of own) checkJob(name, job, end.job?.uid, tally);
  }
  const uids = new Set(jobs.map(({ metadata }) => metadata.uid));
  for (const [kind, objects] of [
    ['pod', pods],
    ['ConfigMap', inputs],
  ] as const) {
    for (const [owner, count] of countBy(
      objects,
      ({ metadata }) => metadata.ownerReferences?.[0]?.uid ?? '',
    )) {
      if (!uids.has(owner)) tally.violation(`${count} ${kind}s without a Job: orphans`);
      else if (count > 1) tally.violation(`the Job ${owner} has ${count} ${kind}s`);
    }
  }
}

function checkJob(
  name: string,
  { metadata, status = {} }: StoredObject,
  told: string | undefined,
  tally: Tally,
) {
  const pods = (status.active ?? 0) + (status.succeeded ?? 0) + (status.failed ?? 0);
  if (metadata.uid !== told) tally.violation(`${name}: told of the Job ${told}, stored is ${metadata.uid}`);
  if (pods > 1) tally.violation(`${name}: its Job has had ${pods} pods`);
  if (metadata.annotations?.[annotation.record] === undefined)
    tally.violation(`${name}: its end is not recorded`);
}

/** Every page; one consistent state. */
async function listAll(
  cluster: Pick<TestCluster, 'request'>,
  path: string,
): Promise<readonly StoredObject[]> {
  const items: StoredObject[] = [];
  let token = '';
  do {
    const page = await must(cluster, 'GET', `${path}?limit=500&continue=${encodeURIComponent(token)}`);
    items.push(...page.items);
    token = page.metadata.continue ?? '';
  } while (token !== '');
  return items;
}

function countBy<T>(items: readonly T[], of: (item: T) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(of(item), (counts.get(of(item)) ?? 0) + 1);
  return counts;
}
