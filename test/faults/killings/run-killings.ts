import { connect } from '../../support/client.ts';
import type { TestCluster } from '../../support/cluster.ts';
import { createTenant } from '../../support/tenants.ts';
import { createAttendance } from '../load/attendance.ts';
import { takeCensus } from '../load/census.ts';
import { followFleet } from '../load/follow-fleet.ts';
import { askAgain } from '../load/recount.ts';
import { runLoad } from '../load/run-load.ts';
import { createTally, type Tally } from '../load/tally.ts';
import { createRandom } from '../random.ts';
import { startBalancer } from './balancer.ts';
import { runReplica } from './replica.ts';

export interface KillingsOptions {
  readonly seed: number;
  readonly steps: number;
  readonly concurrency: number;
  readonly watchers: number;
  readonly maxRunMs: number;
  readonly lifeMs: readonly [min: number, max: number];
  /** Bound on the whole. */
  readonly timeoutMs: number;
  readonly onViolation?: (text: string) => void;
  readonly onEnd?: (done: number, tally: Tally) => void;
}

export interface KillingsResult {
  readonly seed: number;
  readonly steps: number;
  readonly seconds: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
}

const replicas = 2;
const connections = 8;

/** Issue "the truth about a step", proof 2: executors that are killed all the time behind one address, and clients that go on. */
export async function runKillings(cluster: TestCluster, options: KillingsOptions): Promise<KillingsResult> {
  const random = createRandom(options.seed);
  const tally = createTally(options.onViolation);
  const tenant = await createTenant(cluster, `killings-${options.seed}`);
  const balancer = await startBalancer();
  const { lifeMs } = options;
  const attendance = createAttendance(Date.now());
  const common = { access: cluster.access, flags: [], balancer, lifeMs, tally, attendance };
  const living = Array.from({ length: replicas }, () => runReplica({ ...common, random: random.fork() }));
  const clients = Array.from({ length: connections }, () => connect(balancer.address, { own: true }));
  const leaving = new AbortController();
  const signal = AbortSignal.any([AbortSignal.timeout(options.timeoutMs), leaving.signal]);
  const began = performance.now();
  try {
    const { steps, concurrency, watchers, maxRunMs, onEnd = () => undefined } = options;
    const fleets = clients
      .slice(0, 2)
      .map((client) => followFleet({ client, tenant: tenant.name, tally, signal }));
    const ended = await runLoad({
      cluster,
      clients,
      tenant: tenant.name,
      random,
      steps,
      concurrency,
      watchers,
      maxRunMs,
      tally,
      signal,
      unattended: attendance.gapWithin,
      onEnd: (done) => onEnd(done, tally),
    });
    const seconds = (performance.now() - began) / 1_000;
    tally.count('replicas: milliseconds with none of them', attendance.unattendedMs(Date.now()));
    await Promise.all(living.map(({ spare }) => spare()));
    await Promise.all(fleets.map(({ told }) => told(ended)));
    await askAgain(clients[0]!, ended, tally, signal);
    await takeCensus(cluster, tenant.namespace, ended, tally);
    return { seed: options.seed, steps, seconds, counts: tally.counts(), violations: tally.violations };
  } catch (error) {
    throw new Error(`the run did not come to its end: ${tally.print()}`, { cause: error });
  } finally {
    leaving.abort(new Error('the run is over'));
    for (const client of clients) client.close();
    await Promise.all(living.map(({ stop }) => stop()));
    await balancer.close();
  }
}
