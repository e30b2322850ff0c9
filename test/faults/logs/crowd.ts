import { readFileSync } from 'node:fs';
import { create } from '@bufbuild/protobuf';
import { StreamLogsRequestSchema } from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { connect, type KeyInit } from '../../support/client.ts';
import { startExecutorProcess } from '../../support/executor-process.ts';
import type { NodeCluster } from '../../support/node-cluster.ts';
import { aStep } from '../../support/step.ts';
import { createTenant } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';
import { createTally } from '../load/tally.ts';
import { startReader } from './reader.ts';

export interface CrowdOptions {
  readonly seed: number;
  readonly lines: number;
  /** Followers that read everything. */
  readonly readers: number;
  /** Followers that take the first frame and then nothing. */
  readonly sleepers: number;
  readonly timeoutMs: number;
}

export interface CrowdResult {
  readonly followers: number;
  readonly lines: number;
  readonly seconds: number;
  /** Of the log, times those who do not read it: what would be held if all of it were. */
  readonly unreadMiB: number;
  /** In use after a full collection, and resident. */
  readonly before: Memory;
  readonly after: Memory;
  readonly mostResidentMiB: number;
  readonly violations: readonly string[];
}

interface Memory {
  readonly usedMiB: number;
  readonly residentMiB: number;
}

const lineBytes = 80;
const mebibyte = 1024 * 1024;
const rounded = (bytes: number): number => Math.round((bytes / mebibyte) * 10) / 10;

/** Many followers of one step, most of whom do not read: what the executor holds for them. */
export async function runCrowd(cluster: NodeCluster, options: CrowdOptions): Promise<CrowdResult> {
  const { seed, lines, readers, sleepers, timeoutMs } = options;
  const tally = createTally();
  const { name: tenant } = await createTenant(cluster, `crowd-${seed}`);
  const executor = await startExecutorProcess(cluster.access, []);
  const signal = AbortSignal.timeout(timeoutMs);
  const leaving = new AbortController();
  const began = performance.now();
  // A connection has one window for all of its streams, which those who sleep would fill for those who read.
  const clients = [connect(executor.grpc, { own: true }), connect(executor.grpc, { own: true })] as const;
  const memory = async (): Promise<Memory> => ({
    usedMiB: rounded(await executor.memory()),
    residentMiB: resident(executor.pid, 'VmRSS'),
  });
  try {
    const before = await memory();
    const request = aStep(cluster, {
      tenant,
      resources: { cpu: '500m', memory: '512Mi' },
      spec: { params: { log_lines: lines, log_line_bytes: lineBytes } },
    });
    await executor.client.submitted(request);
    // They read all of it, and so begin before the first file may be full.
    const awake = Array.from({ length: readers }, () =>
      startReader({ key: request.key, client: () => clients[0], tally, signal }),
    );
    const asleep = Array.from({ length: sleepers }, () =>
      fallAsleep(clients[1], request.key, leaving.signal),
    );
    await Promise.all([...asleep, ...awake.map(({ ended }) => ended)]);
    for (const { numbers } of awake) numbers.end(lines);
    // What those who sleep are sent fills up what there is to fill.
    let after = await memory();
    let steady = 0;
    await until('memory grows no more', async () => {
      const { usedMiB } = after;
      after = await memory();
      steady = after.usedMiB - usedMiB < 1 ? steady + 1 : 0;
      return steady === 5;
    });
    return {
      followers: readers + sleepers,
      lines,
      seconds: Math.round((performance.now() - began) / 1000),
      unreadMiB: rounded(sleepers * lines * lineBytes),
      before,
      after,
      mostResidentMiB: resident(executor.pid, 'VmHWM'),
      violations: tally.violations,
    };
  } finally {
    leaving.abort();
    for (const client of clients) client.close();
    await executor.stop();
  }
}

/** Resolves when the first lines are there; nothing is read from then on. */
async function fallAsleep(
  client: ReturnType<typeof connect>,
  key: KeyInit,
  signal: AbortSignal,
): Promise<void> {
  const request = create(StreamLogsRequestSchema, { key, follow: true });
  const frames = client.rpc.calls.streamLogs(request, { signal })[Symbol.asyncIterator]();
  for (let next = await frames.next(); !next.done; next = await frames.next())
    if (next.value.frame.case === 'lines') return;
}

function resident(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const [, kibibytes] =
    new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return rounded(Number(kibibytes) * 1024);
}
