import { execFileSync } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createNodes } from '../src/app/nodes.ts';
import type { CallRequest, StreamRequest, Transport } from '../src/kube/transport-types.ts';
import { createNodeFeed } from '../src/observe/node-feed.ts';
import { aReport, nodeBytes, pageOf } from './nodes/raw-node.ts';
import { circumstances, keep } from './support/report.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
/** What is left of the heap once all that was let go has gone. */
async function heap(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  return process.memoryUsage().heapUsed;
}

/** An API server with so many nodes, each of which then reports once without any news. */
function played(count: number): Pick<Transport, 'call' | 'stream'> {
  let opened = false;
  return {
    call: (async ({ query, read }: CallRequest) => {
      const from = Number(query?.continue ?? 0);
      const page = pageOf(from, Math.min(count, from + Number(query?.limit)), count);
      return { status: 200, body: await read?.(page), warnings: [] };
    }) as Transport['call'],
    stream: async ({ signal }: StreamRequest) =>
      (async function* () {
        for (let i = 0; i < count && !opened; i++) yield aReport(i, count);
        opened = true;
        await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
      })(),
  };
}

/** Microseconds. */
function cpuOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** What the view of so many nodes keeps, and what a report costs in which nothing has happened. */
async function measure(count: number) {
  const feed = createNodeFeed();
  let told = 0;
  const before = await heap();
  const nodes = createNodes({
    transport: played(count),
    onNode(change) {
      told += feed.onNode(change).length;
    },
    onError: (error) => console.error(error),
  });
  const began = performance.now();
  nodes.start();
  await nodes.synced;
  const listMs = performance.now() - began;
  const making = cpuOf(() => {
    for (let i = 0; i < count; i++) aReport(i, count);
  });
  const cpu = process.cpuUsage();
  while (nodes.status().events < count) await new Promise((resolve) => setImmediate(resolve));
  const { user, system } = process.cpuUsage(cpu);
  const kept = (await heap()) - before;
  await nodes.stop();
  return {
    nodes: count,
    listMs: Math.round(listMs),
    keptKiB: Math.round(kept / 1024),
    keptBytesPerNode: Math.round(kept / count),
    cpuMicrosecondsPerReport: Math.round((user + system - making) / count),
    toldToSteps: told,
    notable: feed.size.nodes,
  };
}

// Each in a process of its own: what one leaves behind is no business of the next.
const [count] = process.argv.slice(2).map(Number);
if (count !== undefined) console.log(JSON.stringify(await measure(count)));
else {
  const begun = circumstances();
  const rounds = [1_000, 5_000].map((n) =>
    JSON.parse(execFileSync(process.execPath, [import.meta.filename, String(n)], { encoding: 'utf8' })),
  );
  const result = { ...begun, rawBytesPerNode: nodeBytes(), rounds };
  console.log(JSON.stringify(result, null, 2));
  keep('nodes', result, false);
}
