import { sleep } from '../../../src/lib/abort.ts';
import { type ExecutorProcess, startExecutorProcess } from '../../support/executor-process.ts';
import type { Attendance } from '../load/attendance.ts';
import type { Tally } from '../load/tally.ts';
import type { Random } from '../random.ts';
import type { Balancer } from './balancer.ts';

export interface ReplicaOptions {
  readonly access: Parameters<typeof startExecutorProcess>[0];
  readonly flags: readonly string[];
  readonly balancer: Pick<Balancer, 'add' | 'remove'>;
  readonly random: Random;
  /** Life of each process, counted from when it serves. */
  readonly lifeMs: readonly [min: number, max: number];
  readonly tally: Tally;
  /** Told of each process that serves, and how to kill it before its time. */
  readonly onServing?: (kill: () => void) => void;
  readonly attendance: Attendance;
}

/** One process in so many is killed while it starts, within this time. */
const earlyShare = 1 / 6;
const startMs = [0, 2_000] as const;

/** An executor that is killed and started again and again. */
export interface Replica {
  /** Lets it live from now on; resolves when it serves. */
  readonly spare: () => Promise<ExecutorProcess>;
  readonly stop: () => Promise<void>;
}

export function runReplica(options: ReplicaOptions): Replica {
  const { access, flags, balancer, random, lifeMs, tally, attendance, onServing } = options;
  const sparing = new AbortController();
  let running: ExecutorProcess | undefined;

  /** One process from its start to its kill, or until all are to live. */
  const live = async (): Promise<'spared' | 'killed'> => {
    const killing = new AbortController();
    const kill = () => killing.abort(new Error('killed'));
    const early = random.next() < earlyShare;
    const [earlyMs, lateMs] = [random.between(...startMs), random.between(...lifeMs)];
    if (early) void sleep(earlyMs, sparing.signal).then(kill, () => undefined);
    const began = performance.now();
    let executor: ExecutorProcess;
    try {
      executor = await startExecutorProcess(access, flags, killing.signal);
    } catch (error) {
      if (!killing.signal.aborted) throw error;
      tally.count('replicas: killed before they served');
      return 'killed';
    }
    tally.count('replicas: served');
    tally.count('replicas: milliseconds from start to serving', Math.round(performance.now() - began));
    attendance.up(Date.now());
    balancer.add(executor.grpc);
    onServing?.(kill);
    const left = AbortSignal.any([sparing.signal, killing.signal]);
    await sleep(lateMs, left).then(kill, () => undefined);
    if (!killing.signal.aborted) {
      running = executor;
      return 'spared';
    }
    attendance.down(Date.now());
    balancer.remove(executor.grpc);
    await executor.kill();
    for (const line of executor.errors) tally.violation(`the executor logged ${line}`);
    tally.count('replicas: killed while they served');
    return 'killed';
  };

  const life = (async (): Promise<void> => {
    while ((await live()) === 'killed') tally.count('replicas: kills');
  })();
  // Waited for in spare(); a start that fails in between must not bring the run down before it is told.
  life.catch(() => undefined);

  const spare = async (): Promise<ExecutorProcess> => {
    sparing.abort(new Error('it may live'));
    await life;
    if (running === undefined) throw new Error('no executor runs');
    return running;
  };
  return {
    spare,
    async stop() {
      const executor = await spare();
      await executor.stop();
      for (const line of executor.errors) tally.violation(`the executor logged ${line}`);
    },
  };
}
