import { setTimeout as delay } from 'node:timers/promises';
import { cordon, nodeNames, taint } from '../../contract/ahead/nodes.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { startExecutor } from '../../support/executor.ts';
import { createTenant } from '../../support/tenants.ts';
import { createRandom } from '../random.ts';
import { drain } from './drain.ts';
import { beginDrained, type Drained, kinds } from './drained-step.ts';
import { createLivesCount } from './lives-count.ts';

export interface DrainsOptions {
  readonly seed: number;
  readonly rounds: number;
  /** In each round, on all nodes together. */
  readonly steps: number;
  readonly onRound?: (done: number, violations: number) => void;
}

export interface DrainsResult {
  readonly seed: number;
  readonly rounds: number;
  readonly counts: Readonly<Record<string, number>>;
  /** Milliseconds from the first warning to the end of steps that a drain has ended: the least, the median, the most. */
  readonly lead: readonly [number, number, number];
  readonly violations: readonly string[];
}

const notice = { key: 'aws-node-termination-handler/spot-itn', value: 'spot-itn', effect: 'NoSchedule' };
const patienceMs = 60_000;

/** Drains one node after the other, half of them after a spot notice, while steps of three kinds run on all of them. */
export async function runDrains(cluster: TestCluster, options: DrainsOptions): Promise<DrainsResult> {
  const random = createRandom(options.seed);
  const violations: string[] = [];
  const counts: Record<string, number> = {};
  const leads: number[] = [];
  const count = (what: string, n = 1) => (counts[what] = (counts[what] ?? 0) + n);
  const violated = (text: string) => void (violations.length < 50 && violations.push(text));
  const tenant = await createTenant(cluster, `drains-${options.seed}`);
  const executor = await startExecutor({ access: cluster.access });
  const lives = createLivesCount(cluster, tenant.namespace, violated);
  const nodes = await nodeNames(cluster);

  const round = async (): Promise<void> => {
    const begun = Array.from({ length: options.steps }, () =>
      beginDrained({
        cluster,
        client: executor.client,
        tenant: tenant.name,
        kind: random.pick(kinds),
        random,
      }),
    );
    const steps = await Promise.all(begun);
    const node = random.pick(nodes);
    const there = steps.filter((s) => s.node === node);
    const spot = random.pick([true, false]);
    const untaint = spot ? await taint(cluster, node, notice) : undefined;
    const warned = spot ? 'SpotReclaim' : 'NodeCordoned';
    if (spot) await Promise.all(there.map((s) => s.isWarned('SpotReclaim')));
    await cordon(cluster, node);
    count('drains');
    count('refused evictions', await drain(cluster, tenant.namespace, node, 2_000));
    await Promise.all(there.map((s) => judge(s, warned)));
    await cordon(cluster, node, false);
    await untaint?.();
    await Promise.all(steps.map((s) => s.end()));
  };

  const judge = async (step: Drained, warned: string): Promise<void> => {
    const seen = await Promise.race([step.outcome(), delay(patienceMs, undefined)]);
    if (seen === undefined) return violated(`${step.name}: nothing has become of it`);
    count(`${step.kind}: ${seen.what}`);
    if (!seen.expected) violated(`${step.name}: ${seen.what}`);
    if (!seen.causes.includes(warned))
      violated(`${step.name}: was not told ${warned}: ${seen.causes.join(', ')}`);
    if (seen.leadMs === undefined) return;
    leads.push(seen.leadMs);
    if (!(seen.leadMs > 0)) violated(`${step.name}: the warning came ${seen.leadMs} ms before the end`);
  };

  try {
    for (let i = 0; i < options.rounds; i++) {
      await round();
      options.onRound?.(i + 1, violations.length);
    }
    count('looks at all pods', await lives.stop());
    leads.sort((a, b) => a - b);
    const at = (q: number) => leads[Math.floor(q * (leads.length - 1))] ?? Number.NaN;
    return { seed: options.seed, rounds: options.rounds, counts, lead: [at(0), at(0.5), at(1)], violations };
  } finally {
    await lives.stop();
    await executor.stop();
  }
}
