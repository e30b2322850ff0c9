import { parseArgs } from 'node:util';
import { ExecutorService } from '../gen/glip/executor/v1/executor_service_pb.js';
import { createClient } from '../src/cli/client.ts';
import { countCalls } from './at-most-once/count-calls.ts';
import { openSightings } from './at-most-once/sightings.ts';
import { type Kind, type Start, submitOne } from './at-most-once/submit-one.ts';
import { startBenchCluster } from './support/bench-cluster.ts';
import { createCalm } from './support/calm.ts';
import { startExecutorProcess } from './support/executor-process.ts';
import { circumstances, keep, tell } from './support/report.ts';
import { round, summarize } from './support/statistics.ts';

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, samples: { type: 'string' } },
});
const samples = Number(options.samples ?? (options.quick ? 10 : 300));
const warmUp = options.quick ? 5 : 50;
const counted = options.quick ? 10 : 100;
/** Steps that are submitted in the same moment. */
const crowd = options.quick ? 5 : 50;
const rounds = options.quick ? 1 : 6;
const kinds: readonly Kind[] = ['plain', 'atMostOnce'];

const begun = circumstances();
const closers: (() => Promise<void> | void)[] = [];
try {
  tell('the control plane and the executor start');
  const controlPlane = await startBenchCluster();
  closers.push(controlPlane.stop);
  const { kubeconfig } = controlPlane;
  const sightings = await openSightings(kubeconfig);
  closers.push(sightings.close);
  const executor = await startExecutorProcess({ kubeconfig });
  const client = createClient(ExecutorService, executor.grpc);
  const { calls } = client;
  const foreign = createCalm(() => [...Object.values(controlPlane.pids()), executor.pid]).window();

  const alone: Record<Kind, Start[]> = { plain: [], atMostOnce: [] };
  for (let i = 0; i < warmUp + samples; i += 1) {
    // By turns, and each of them first every other time.
    for (const kind of i % 2 === 0 ? kinds : kinds.toReversed()) {
      const start = await submitOne(calls, sightings, kind);
      if (i >= warmUp) alone[kind].push(start);
    }
  }
  tell('one after the other: done');
  const together: Record<Kind, number[]> = { plain: [], atMostOnce: [] };
  for (let i = 0; i < rounds; i += 1) {
    for (const kind of i % 2 === 0 ? kinds : kinds.toReversed()) {
      const all = Array.from({ length: crowd }, () => submitOne(calls, sightings, kind));
      together[kind].push(...(await Promise.all(all)).map((s) => s.sinceSubmit));
    }
  }
  const others = round(foreign());
  client.close();
  await executor.stop();
  tell('the calls are counted');
  const one = await countCalls(kubeconfig, sightings, { replicas: 1, steps: counted });
  const two = await countCalls(kubeconfig, sightings, { replicas: 2, steps: counted });

  const of = (kind: Kind) => ({
    sinceSubmit: summarize(alone[kind].map((s) => s.sinceSubmit)),
    sinceMade: summarize(alone[kind].map((s) => s.sinceMade)),
    together: summarize(together[kind]),
  });
  const [plain, atMostOnce] = [of('plain'), of('atMostOnce')];
  const compare = (part: keyof typeof plain) => ({
    addedMs: round(atMostOnce[part].median - plain[part].median),
    addedMsP99: round(atMostOnce[part].p99 - plain[part].p99),
    ratio: round(atMostOnce[part].median / plain[part].median),
  });
  const price = {
    sinceSubmit: compare('sinceSubmit'),
    sinceMade: compare('sinceMade'),
    together: compare('together'),
  };
  console.log(JSON.stringify({ price, calls: { one, two } }, null, 2));
  keep(
    'at-most-once',
    { ...begun, othersShare: others, samples, crowd, price, plain, atMostOnce, calls: { one, two } },
    options.quick,
  );
} finally {
  for (const close of closers.reverse()) await close();
}
