import { sleep } from '../../../src/lib/abort.ts';
import { type ExecutorProcess, startExecutorProcess } from '../../support/executor-process.ts';
import type { NodeCluster } from '../../support/node-cluster.ts';
import { aStep } from '../../support/step.ts';
import { createTenant } from '../../support/tenants.ts';
import { createTally, type Tally } from '../load/tally.ts';
import { createRandom, type Random } from '../random.ts';
import { type Reader, startReader } from './reader.ts';

export interface LogsOptions {
  readonly seed: number;
  readonly lines: number;
  /** Between two disturbances. */
  readonly pauseMs: readonly [min: number, max: number];
  /** Bound on the whole. */
  readonly timeoutMs: number;
  readonly onViolation?: (text: string) => void;
  readonly onDisturbance?: (what: string, line: number) => void;
}

export interface LogsResult {
  readonly seed: number;
  readonly lines: number;
  readonly seconds: number;
  /** Lines that came. */
  readonly came: number;
  /** Lines that are missing, each behind a gap. */
  readonly missing: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly violations: readonly string[];
}

/** What a line of the probe has, line break included. */
const lineBytes = 80;
const flags = ['--heartbeat-interval', '2s'];

/** An agent that writes as fast as it can, a reader of its log, and everything between them stopped and started. */
export async function runLogs(cluster: NodeCluster, options: LogsOptions): Promise<LogsResult> {
  const { seed, lines, timeoutMs } = options;
  const tally = createTally(options.onViolation);
  const random = createRandom(seed);
  const { name: tenant } = await createTenant(cluster, `logs-${seed}`);
  const executors = await Promise.all([start(cluster), start(cluster)]);
  const leaving = new AbortController();
  const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), leaving.signal]);
  const began = performance.now();
  try {
    const request = aStep(cluster, {
      tenant,
      resources: { cpu: '500m', memory: '512Mi' },
      spec: { params: { log_lines: lines, log_line_bytes: lineBytes } },
    });
    await executors[0]!.client.submitted(request);
    // Another one each time: a cursor holds good for all of them.
    let turn = 0;
    const client = () => executors[turn++ % executors.length]!.client;
    const reader = startReader({ key: request.key, client, tally, signal });
    const disturbing = disturb(cluster, { ...options, executors, reader, random, tally, signal });
    await reader.ended;
    leaving.abort();
    await disturbing;
    reader.numbers.end(lines);
    const { missing } = reader.numbers;
    const seconds = Math.round((performance.now() - began) / 1000);
    return {
      seed,
      lines,
      seconds,
      came: lines - missing,
      missing,
      counts: tally.counts(),
      violations: tally.violations,
    };
  } finally {
    leaving.abort();
    await Promise.all(executors.map((executor) => executor.stop()));
  }
}

const start = (cluster: NodeCluster): Promise<ExecutorProcess> => startExecutorProcess(cluster.access, flags);

interface Disturbing extends Pick<LogsOptions, 'pauseMs' | 'onDisturbance'> {
  readonly executors: ExecutorProcess[];
  readonly reader: Reader;
  readonly random: Random;
  readonly tally: Tally;
  readonly signal: AbortSignal;
}

/** Stops and starts one thing after the other until the reading is over; what it has stopped it starts in any case. */
async function disturb(cluster: NodeCluster, options: Disturbing): Promise<void> {
  const { executors, reader, random, tally, signal, pauseMs, onDisturbance } = options;
  const { node } = cluster;
  const shortly = () => sleep(random.between(200, 3_000));
  const kinds: Readonly<Record<string, () => Promise<void>>> = {
    async kubelet() {
      await node.stopKubelet();
      await shortly();
      await node.startKubelet();
    },
    async 'API server'() {
      await node.controlPlane.stopApiServer('SIGKILL');
      await shortly();
      await node.controlPlane.startApiServer();
    },
    async reader() {
      reader.restart();
    },
    async executor() {
      const index = random.between(0, executors.length - 1);
      await executors[index]!.kill();
      executors[index] = await start(cluster);
    },
  };
  let left = random.shuffled(Object.keys(kinds));
  while (!signal.aborted) {
    if (left.length === 0) left = random.shuffled(Object.keys(kinds));
    const [what = '', ...others] = left;
    left = others;
    try {
      await sleep(random.between(...pauseMs), signal);
    } catch {
      return;
    }
    onDisturbance?.(what, reader.numbers.last);
    tally.count(`disturbances: ${what}`);
    await kinds[what]?.();
  }
}
