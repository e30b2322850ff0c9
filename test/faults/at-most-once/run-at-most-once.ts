import { StartGuarantee } from '../../../gen/glip/executor/v1/options_pb.js';
import { annotation, readKey } from '../../../src/job/metadata.ts';
import { sleep } from '../../../src/lib/abort.ts';
import { connect } from '../../support/client.ts';
import type { RealCluster } from '../../support/real-cluster.ts';
import { aStep, seconds } from '../../support/step.ts';
import { createTenant } from '../../support/tenants.ts';
import { startBalancer } from '../killings/balancer.ts';
import { runReplica } from '../killings/replica.ts';
import { createAttendance } from '../load/attendance.ts';
import { persist } from '../load/persist.ts';
import { createTally, type Tally } from '../load/tally.ts';
import { createRandom, type Random } from '../random.ts';
import { createDisturber, type Disturbance, drawDisturbance } from './disturb.ts';
import { openDeadlyAccess } from './killer.ts';
import { observe } from './observer.ts';
import { createStarts, wrongWith } from './starts.ts';

export interface AtMostOnceOptions {
  readonly seed: number;
  /** Steps that start at most once. */
  readonly steps: number;
  /** Plain ones among them, met by the same: the proof that the proof can fail. */
  readonly plain: number;
  readonly concurrency: number;
  /** Of the writes of the protocol, at how many an executor is killed. */
  readonly killShare: number;
  /** Life of an executor that meets none of these. */
  readonly lifeMs: readonly [min: number, max: number];
  /** Bound on the whole. */
  readonly timeoutMs: number;
  readonly onViolation?: (text: string) => void;
  readonly onEnd?: (done: number, tally: Tally) => void;
}

export interface AtMostOnceResult {
  readonly seed: number;
  readonly steps: number;
  readonly plain: number;
  readonly seconds: number;
  /** Steps of which more than one pod was started, or had a node. */
  readonly doubleStarts: { readonly atMostOnce: number; readonly plain: number };
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
}

const replicas = 2;
/** For one step, its end and the end of its Job: executors that die take their time. */
const stepMs = 120_000;

/** Issue 6, proof 1: pods are taken from their Jobs and executors die between any two writes, and no step starts twice that must not. */
export async function runAtMostOnce(
  cluster: RealCluster,
  options: AtMostOnceOptions,
): Promise<AtMostOnceResult> {
  const random = createRandom(options.seed);
  const tally = createTally(options.onViolation);
  const { name: tenant, namespace } = await createTenant(cluster, `once-${options.seed}`);
  const balancer = await startBalancer();
  const ways = await Promise.all(
    Array.from({ length: replicas }, () =>
      openDeadlyAccess(cluster.access, { random: random.fork(), share: options.killShare, tally }),
    ),
  );
  const { lifeMs } = options;
  const common = { flags: [], balancer, lifeMs, tally, attendance: createAttendance(Date.now()) };
  const living = ways.map(({ access, aim }) =>
    runReplica({ ...common, access, onServing: aim, random: random.fork() }),
  );
  const client = connect(balancer.address, { own: true });
  const starts = createStarts();
  const disturber = createDisturber(cluster, tally);
  const plans = new Map<string, Disturbance>();
  const [pods, jobs] = await Promise.all([
    observe(cluster.access, `/api/v1/namespaces/${namespace}/pods`, (sight) => {
      starts.sawPod(sight);
      disturber.sawPod(sight);
    }),
    observe(cluster.access, `/apis/batch/v1/namespaces/${namespace}/jobs`, (sight) => {
      starts.sawJob(sight);
      disturber.sawJob(sight);
      const plan = plans.get(readKey(sight.object.metadata.annotations[annotation.key])?.runId ?? '');
      if (plan !== undefined && sight.type === 'ADDED') disturber.plan(sight.object.metadata.uid, plan);
    }),
  ]);
  const signal = AbortSignal.timeout(options.timeoutMs);
  const doubled = { atMostOnce: 0, plain: 0 };
  const seen: { readonly kind: keyof typeof doubled; readonly uid: string }[] = [];
  const began = performance.now();

  const play = async (kind: keyof typeof doubled, chance: Random): Promise<void> => {
    const once = kind === 'atMostOnce' && { startGuarantee: StartGuarantee.AT_MOST_ONCE };
    const request = aStep(cluster, {
      tenant,
      agent: { runMs: chance.between(50, 1_500) },
      options: { ...once, timeouts: { queue: seconds(60), run: seconds(60) } },
    });
    plans.set(request.key.runId, drawDisturbance(chance));
    const cancelMs = chance.next() < 0.1 ? chance.between(0, 1_500) : undefined;
    const step = await persist('submits', tally, signal, () => client.submitted(request));
    const uid = step.job?.uid ?? '';
    if (cancelMs !== undefined) {
      await sleep(cancelMs, signal);
      await persist('cancels', tally, signal, () => client.cancel(request.key, 'by plan'));
    }
    const over = await isOver(() => starts.of(uid), signal);
    if (!over) tally.violation(`${kind} ${uid} is not over: ${JSON.stringify(describe(starts.of(uid)))}`);
    seen.push({ kind, uid });
    const { record } = starts.of(uid);
    tally.count(`ends of ${kind}: ${record?.end.state} ${record?.end.outcome.reason}`);
    options.onEnd?.(seen.length, tally);
  };

  try {
    const kinds = random.shuffled([
      ...Array.from({ length: options.steps }, () => 'atMostOnce' as const),
      ...Array.from({ length: options.plain }, () => 'plain' as const),
    ]);
    const chances = kinds.map(() => random.fork());
    let next = 0;
    const lane = async (): Promise<void> => {
      for (let i = next++; i < kinds.length; i = next++) await play(kinds[i]!, chances[i]!);
    };
    await Promise.race([
      Promise.all(Array.from({ length: options.concurrency }, lane)),
      Promise.all([pods.ended, jobs.ended]).then(() => Promise.reject(new Error('nobody looks any more'))),
    ]);
    for (const { disarm } of ways) disarm();
    await Promise.all(living.map(({ spare }) => spare()));
    await disturber.settled();
    for (const { kind, uid } of seen) {
      const of = starts.of(uid);
      tally.count(`pods of ${kind}`, of.pods);
      if (of.bound.size > 1 || of.started.size > 1) doubled[kind] += 1;
      if (kind === 'atMostOnce') for (const text of wrongWith(of)) tally.violation(`Job ${uid}: ${text}`);
    }
    if (doubled.plain === 0) tally.violation('no plain step has started twice: this proves nothing');
    const { seed, steps, plain } = options;
    const seconds = Math.round((performance.now() - began) / 1_000);
    const counts = tally.counts();
    return { seed, steps, plain, seconds, doubleStarts: doubled, counts, violations: tally.violations };
  } catch (error) {
    throw new Error(`the run did not come to its end: ${tally.print()}`, { cause: error });
  } finally {
    client.close();
    await Promise.all([pods.close(), jobs.close()]);
    for (const { disarm } of ways) disarm();
    await Promise.all(living.map(({ stop }) => stop()));
    await Promise.all(ways.map(({ close }) => close()));
    await balancer.close();
  }
}

type Of = () => ReturnType<ReturnType<typeof createStarts>['of']>;

/** Whether the end stands on the Job, and the Job makes no pod any more and has none that waits. */
async function isOver(of: Of, signal: AbortSignal): Promise<boolean> {
  const until = performance.now() + stepMs;
  while (performance.now() < until && !signal.aborted) {
    const { record, finished, waiting } = of();
    if (record !== undefined && finished && waiting.size === 0) return true;
    await sleep(20, signal).catch(() => undefined);
  }
  return false;
}

const describe = ({ bound, started, chosen, waiting, ...rest }: ReturnType<Of>) => ({
  ...rest,
  record: rest.record?.end.outcome.reason,
  bound: [...bound],
  started: [...started],
  chosen: [...chosen],
  waiting: [...waiting],
});
