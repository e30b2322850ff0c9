import { sleep } from '../../../src/lib/abort.ts';
import type { ExecutorClient } from '../../support/client.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { isRunning } from '../../support/states.ts';
import { aStep, type StepRequest } from '../../support/step.ts';
import type { TenantClient } from '../../support/tenant-client.ts';
import { must } from '../../support/tenants.ts';
import { createRandom } from '../random.ts';
import { createCrowd } from './crowd.ts';
import { createQuiet, type Quiet, type Sample } from './quiet.ts';

export interface NeighboursOptions {
  readonly seed: number;
  /** Pods of the tenant that floods. */
  readonly quota: number;
  /** Steps that it submits at once beyond those that fill its quota. */
  readonly beyond: number;
  /** Steps of the quiet tenant in each phase, at least. */
  readonly quietSteps: number;
  readonly tell?: (line: string) => void;
}

/** In which company a step of the quiet tenant was. */
export type Phase = 'alone' | 'flood' | 'full' | 'drain';

export interface NeighboursResult {
  readonly seed: number;
  readonly samples: Readonly<Record<Phase, readonly Sample[]>>;
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
}

const crowd = 'crowd';
const quiet = 'quiet';

/**
 * Two tenants with quotas. One submits what fills its quota and much more, all at once; what has no room waits with QuotaExceeded and runs when
 * there is. The other submits step after step before, meanwhile and afterwards. `clients` are connections of the one that floods.
 */
export async function runNeighbours(
  cluster: TestCluster,
  {
    client,
    clients,
    tenants,
  }: { client: ExecutorClient; clients: readonly ExecutorClient[]; tenants: TenantClient },
  options: NeighboursOptions,
): Promise<NeighboursResult> {
  const { seed, quota, beyond, quietSteps, tell = () => undefined } = options;
  const random = createRandom(seed);
  const violations: string[] = [];
  const violated = (text: string) => void (violations.length < 50 && violations.push(text));
  const counts: Record<string, number> = {};
  const { namespace } = await tenants.ready(crowd, { quota: { pods: String(quota) } });
  await tenants.ready(quiet, { quota: { pods: '50' } });
  const seen = createCrowd(client.watchSteps({ tenant: crowd }));
  const neighbour: Quiet = createQuiet({ cluster, client, tenant: quiet, violated, steps: quietSteps });

  let refused = 0;
  const submit = async (request: StepRequest, i: number): Promise<void> => {
    const through = clients[i % clients.length]!;
    for (;;) {
      try {
        return void (await through.submit(request));
      } catch (error) {
        const { code } = error as { code?: string };
        if (code !== 'UNAVAILABLE' && code !== 'RESOURCE_EXHAUSTED') throw error;
        refused += 1;
        await sleep(200 + random.between(0, 300), new AbortController().signal);
      }
    }
  };
  const flood = (requests: readonly StepRequest[]) => Promise.all(requests.map(submit));

  const alone = await neighbour.run();
  tell(`alone: ${alone.length} steps`);

  const filling = Array.from({ length: quota }, () =>
    aStep(cluster, { tenant: crowd, agent: { hang: true } }),
  );
  const waiting = Array.from({ length: beyond }, () =>
    aStep(cluster, { tenant: crowd, agent: { runMs: random.between(0, 500) } }),
  );
  const floods: Sample[] = [...(await neighbour.run(flood(filling)))];
  await seen.until('the quota is full', () => filling.every(({ key }) => seen.is(key, isRunning)));
  floods.push(...(await neighbour.run(flood(waiting))));
  await seen.until('all the others wait for it', () =>
    waiting.every(({ key }) => seen.waited(key, 'QuotaExceeded')),
  );
  tell(`flood: ${floods.length} steps of the quiet tenant, ${refused} submits of the other came again`);

  const full = await neighbour.run();
  const pods = await must(cluster, 'GET', `/api/v1/namespaces/${namespace}/pods?limit=${quota + beyond}`);
  if (pods.items.length !== quota) violated(`${pods.items.length} pods in a quota of ${quota}`);
  for (const { key } of waiting)
    if (!seen.is(key, (step) => step.waiting?.reason === 'QuotaExceeded'))
      violated(`${key.runId} does not wait any more`);
  tell(`full: ${full.length} steps`);

  // As many as fill it once more run when there is room; the others are not wanted any more.
  const next = waiting.slice(0, quota);
  const unwanted = [...filling, ...waiting.slice(quota)];
  const drained = async () => {
    await Promise.all(unwanted.map(({ key }, i) => clients[i % clients.length]!.cancel(key)));
    await seen.until('all have ended', () => [...next, ...unwanted].every(({ key }) => seen.ended(key)));
  };
  const drain = await neighbour.run(drained());
  const expectEnd = (steps: readonly StepRequest[], state: string) => {
    for (const { key } of steps)
      if (seen.ended(key) !== state) violated(`${key.runId} ended as ${seen.ended(key)}, not as ${state}`);
  };
  expectEnd(unwanted, 'CANCELLED');
  expectEnd(next, 'SUCCEEDED');
  const after = await neighbour.run();
  seen.close();
  Object.assign(counts, {
    'steps that filled the quota': filling.length,
    'steps that waited for it': waiting.length,
    'of them, run when there was room': next.length,
    'submits of the flood that were to come again': refused,
    'steps of the quiet tenant': alone.length + floods.length + full.length + drain.length + after.length,
  });
  return { seed, samples: { alone: [...alone, ...after], flood: floods, full, drain }, counts, violations };
}
