import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ExecutorService } from '../gen/glip/executor/v1/executor_service_pb.js';
import { createClient } from '../src/cli/client.ts';
import { startBenchCluster, tenant } from './support/bench-cluster.ts';
import { type ExecutorProcess, startExecutorProcess } from './support/executor-process.ts';
import { openRawApi, type RawApi } from './support/raw-api.ts';
import { circumstances, keep } from './support/report.ts';
import { aRequest } from './support/request.ts';
import { round } from './support/statistics.ts';
import { prepareEnd } from './terminal/end-agent.ts';
import { startStep } from './terminal/step.ts';
import { collectOnSignal, type Memory, memoryOf } from './watchers/executor-memory.ts';
import { startWatchers } from './watchers/watchers-process.ts';

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const count = options.quick ? 500 : 10_000;
const rounds = options.quick ? 2 : 5;
const connections = 10;
/** With 20 frames a second for each: what the executor can send easily, were they read. */
const frozenCount = options.quick ? 100 : 500;
/** Below the 40 s after which the server gives up a peer that is frozen. */
const frozenMs = options.quick ? 2_000 : 20_000;

interface Setting {
  readonly executor: ExecutorProcess;
  readonly api: RawApi;
}

/** A running step, with one client that reads. */
async function aWatchedStep({ executor }: Setting) {
  const client = createClient(ExecutorService, executor.grpc);
  const request = aRequest(tenant);
  if (request.key === undefined) throw new Error('a request without a key');
  return { client, key: request.key, running: await startStep(client.calls, request) };
}

/** Memory with many watchers that hear nothing, and when they are gone, again and again. */
async function measureIdle(setting: Setting) {
  const { client, key } = await aWatchedStep(setting);
  const watchers = startWatchers();
  const base = await memoryOf(setting.executor);
  const taken: { readonly open: Memory; readonly closed: Memory }[] = [];
  for (let i = 0; i < rounds; i += 1) {
    await watchers.open(setting.executor.grpc, [key], count, connections);
    const open = await memoryOf(setting.executor);
    await watchers.close();
    taken.push({ open, closed: await memoryOf(setting.executor) });
    console.log(`${count} watchers: ${JSON.stringify(taken.at(-1))}`);
  }
  watchers.end();
  client.close();
  const first = taken[0]?.open.resident ?? Number.NaN;
  return {
    count,
    connections,
    base,
    rounds: taken,
    kibPerWatcher: round(((first - base.resident) * 1024) / count),
  };
}

/** Memory while a process with many watchers reads nothing, and how soon a client that reads hears of the end. */
async function measureFrozen(setting: Setting) {
  const { client, key, running } = await aWatchedStep(setting);
  const watchers = startWatchers();
  await watchers.open(setting.executor.grpc, [key], frozenCount, connections);
  const before = await memoryOf(setting.executor);
  watchers.freeze();
  // The time in which heartbeats pile up is what is measured.
  await delay(frozenMs);
  const after = await memoryOf(setting.executor);
  const { answered } = await (await prepareEnd(setting.api, running.step))();
  const { at } = await running.end;
  const endHeardMs = round(at - answered);
  watchers.end();
  client.close();
  console.log(`frozen for ${frozenMs} ms: ${JSON.stringify({ before, after, endHeardMs })}`);
  return { count: frozenCount, heartbeatMs: 50, frozenMs, before, after, endHeardMs };
}

const begun = circumstances();
const closers: (() => Promise<void> | void)[] = [];
try {
  const controlPlane = await startBenchCluster();
  closers.push(controlPlane.stop);
  const { kubeconfig } = controlPlane;
  const api = await openRawApi(kubeconfig, 4);
  closers.push(api.close);
  const start = async (flags: readonly string[]): Promise<Setting> => {
    const executor = await startExecutorProcess({ kubeconfig, flags, nodeFlags: collectOnSignal });
    closers.push(executor.stop);
    return { executor, api };
  };
  const idle = await measureIdle(await start([]));
  const frozen = await measureFrozen(await start(['--heartbeat-interval', '50ms']));
  keep('watchers', { ...begun, idle, frozen }, options.quick);
} finally {
  for (const close of closers.reverse()) await close();
}
