import { parseArgs } from 'node:util';
import { ExecutorService } from '../gen/glip/executor/v1/executor_service_pb.js';
import { createClient } from '../src/cli/client.ts';
import { startNodeCluster } from '../test/support/node-cluster.ts';
import { createTenant } from '../test/support/tenants.ts';
import { type EndSample, runRawToEnd, runToEnd, type Setting, summary } from './real-node/ends.ts';
import { watchEnds } from './real-node/sightings.ts';
import { startExecutorProcess } from './support/executor-process.ts';
import { openRawApi, type RawApi } from './support/raw-api.ts';
import { circumstances, keep, tell } from './support/report.ts';
import { round } from './support/statistics.ts';
import { recordOn } from './terminal/twin.ts';

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const alone = options.quick ? 3 : 40;
const together = options.quick ? 5 : 50;
const togetherRounds = options.quick ? 1 : 2;
const inARow = options.quick ? 3 : 10;
/** Of an agent that works in a row. */
const workMs = 500;
/** Together, the node starts them all before the first one ends. */
const togetherMs = options.quick ? 5_000 : 90_000;

interface Ends {
  readonly ours: readonly EndSample[];
  readonly raw: readonly number[];
}

/** One after the other, by turns. */
async function oneByOne(setting: Setting, api: RawApi, count: number, record: string): Promise<Ends> {
  const [ours, raw]: [EndSample[], number[]] = [[], []];
  for (let i = 0; i < count; i += 1) {
    ours.push((await runToEnd(setting, workMs)).sample);
    raw.push(await runRawToEnd(setting, api, workMs, record));
  }
  return { ours, raw };
}

/** All at once, ending within some seconds of each other; by turns. */
async function allAtOnce(setting: Setting, api: RawApi, record: string): Promise<Ends> {
  const all = <T>(run: (runMs: number) => Promise<T>): Promise<readonly T[]> =>
    Promise.all(Array.from({ length: together }, (_, i) => run(togetherMs + i * 20)));
  const ours = await all(async (runMs) => (await runToEnd(setting, runMs)).sample);
  return { ours, raw: await all((runMs) => runRawToEnd(setting, api, runMs, record)) };
}

/** What a row of steps costs beyond the work, for who goes on at the terminal frame and for who waits for the Job. */
async function row(setting: Setting) {
  const runs: { readonly frame: number; readonly condition: number }[] = [];
  for (let i = 0; i < inARow; i += 1) runs.push((await runToEnd(setting, workMs)).totals);
  const overhead = (of: (run: (typeof runs)[0]) => number): number =>
    round(runs.reduce((sum, run) => sum + of(run) - workMs, 0));
  return {
    steps: inARow,
    workMs,
    overheadMs: overhead((run) => run.frame),
    byConditionMs: overhead((run) => run.condition),
  };
}

const begun = circumstances();
const closers: (() => Promise<void> | void)[] = [];
try {
  tell('the control plane, its node and the executor start');
  const cluster = await startNodeCluster();
  closers.push(cluster.stop);
  const { name: tenant, namespace } = await createTenant(cluster, 'acme');
  const { kubeconfig } = cluster.node.controlPlane;
  const executor = await startExecutorProcess({ kubeconfig });
  closers.push(executor.stop);
  const client = createClient(ExecutorService, executor.grpc);
  closers.push(client.close);
  const api = await openRawApi(kubeconfig, together);
  closers.push(api.close);
  const sightings = await watchEnds(kubeconfig, namespace);
  closers.push(sightings.stop);
  const setting: Setting = { cluster, calls: client.calls, sightings, tenant };

  const { step } = await runToEnd(setting, workMs);
  if (step.job === undefined) throw new Error('the step has no Job');
  const record = await recordOn(api, step.job);
  tell(`one at a time, ${alone} steps`);
  const one = await oneByOne(setting, api, alone, record);
  tell(`a row of ${inARow} steps`);
  const inRow = await row(setting);
  const many: Ends[] = [];
  for (let i = 0; i < togetherRounds; i += 1) {
    tell(`${together} steps at once, ${i + 1} of ${togetherRounds}`);
    many.push(await allAtOnce(setting, api, record));
  }
  const result = {
    recordBytes: record.length,
    oneByOne: summary(one.ours, one.raw),
    row: inRow,
    together: {
      count: together,
      ...summary(
        many.flatMap(({ ours }) => ours),
        many.flatMap(({ raw }) => raw),
      ),
    },
  };
  console.log(JSON.stringify(result, null, 2));
  keep('real-node', { ...begun, ...result }, options.quick);
} finally {
  for (const close of closers.reverse()) await close();
}
