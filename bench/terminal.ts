import { parseArgs } from 'node:util';
import { ExecutorService } from '../gen/glip/executor/v1/executor_service_pb.js';
import { createClient } from '../src/cli/client.ts';
import { startBenchCluster, tenant } from './support/bench-cluster.ts';
import { type Calm, calmShare, createCalm } from './support/calm.ts';
import { startExecutorProcess } from './support/executor-process.ts';
import { openRawApi, type RawApi } from './support/raw-api.ts';
import { circumstances, keep, tell } from './support/report.ts';
import { aRequest } from './support/request.ts';
import { round, summarize } from './support/statistics.ts';
import { prepareEnd } from './terminal/end-agent.ts';
import { type RunningStep, startStep } from './terminal/step.ts';
import { createTwin, recordOn, type Twin } from './terminal/twin.ts';

type Calls = Parameters<typeof startStep>[0];

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    samples: { type: 'string' },
    /** Given to the executor's node. */
    'node-flag': { type: 'string', multiple: true, default: [] },
  },
});
const samples = Number(options.samples ?? (options.quick ? 20 : 400));
const warmUp = options.quick ? 20 : 200;
const patienceMs = options.quick ? 0 : 20_000;
/** Steps that run at the same time, waiting for their turn. */
const batch = 20;

interface Sample {
  readonly patch: number;
  readonly sinceAnswer: number;
  readonly sinceRequest: number;
}

/** One raw patch and one end, in alternating order. */
async function sample(
  api: RawApi,
  { step, end }: RunningStep,
  twin: Twin,
  record: string,
  patchFirst: boolean,
): Promise<Sample> {
  const tellEnd = await prepareEnd(api, step);
  let patch = patchFirst ? await twin.end(record) : 0;
  const { sent, answered } = await tellEnd();
  const { at } = await end;
  if (!patchFirst) patch = await twin.end(record);
  return { patch, sinceAnswer: at - answered, sinceRequest: at - sent };
}

async function firstRecord(api: RawApi, calls: Calls): Promise<string> {
  const { step, end } = await startStep(calls, aRequest(tenant));
  await (await prepareEnd(api, step))();
  await end;
  if (step.job === undefined) throw new Error('the step has no Job');
  return recordOn(api, step.job);
}

/** Steps that wait for their turn, then one after the other; with the share of the machine that others had. */
async function sampleBatch(api: RawApi, calls: Calls, calm: Calm, record: string) {
  const steps = await Promise.all(Array.from({ length: batch }, () => startStep(calls, aRequest(tenant))));
  const twins = await Promise.all(Array.from({ length: batch }, () => createTwin(api, aRequest(tenant))));
  await calm.until(patienceMs);
  const foreign = calm.window();
  const taken: Sample[] = [];
  for (const [i, step] of steps.entries()) {
    const twin = twins[i];
    if (twin !== undefined) taken.push(await sample(api, step, twin, record, i % 2 === 0));
  }
  return { taken, share: foreign() };
}

/** Batches that others disturbed are taken again, up to three times as many as wanted; if most were, all count. */
async function measure(api: RawApi, calls: Calls, calm: Calm) {
  const record = await firstRecord(api, calls);
  for (let i = 0; i < warmUp; i += batch) await sampleBatch(api, calls, calm, record);
  const calmOnes: Sample[] = [];
  const disturbed: Sample[] = [];
  for (let i = 0; calmOnes.length < samples && i < samples * 3; i += batch) {
    const { taken, share } = await sampleBatch(api, calls, calm, record);
    (share < calmShare ? calmOnes : disturbed).push(...taken);
    tell(`  ${calmOnes.length}/${samples} (others: ${Math.round(share * 100)} %)`);
  }
  const used = calmOnes.length * 2 >= samples ? calmOnes : [...calmOnes, ...disturbed];
  return { record, used, calm: calmOnes.length, disturbed: disturbed.length };
}

const begun = circumstances();
const closers: (() => Promise<void> | void)[] = [];
try {
  tell('the control plane and the executor start');
  const controlPlane = await startBenchCluster();
  closers.push(controlPlane.stop);
  const { kubeconfig } = controlPlane;
  const executor = await startExecutorProcess({ kubeconfig, nodeFlags: options['node-flag'] });
  closers.push(executor.stop);
  const client = createClient(ExecutorService, executor.grpc);
  closers.push(client.close);
  const api = await openRawApi(kubeconfig, batch);
  closers.push(api.close);
  const calm = createCalm(() => [...Object.values(controlPlane.pids()), executor.pid]);
  const { record, used, ...taken } = await measure(api, client.calls, calm);
  const rawPatch = summarize(used.map((s) => s.patch));
  const sinceAnswer = summarize(used.map((s) => s.sinceAnswer));
  const sinceRequest = summarize(used.map((s) => s.sinceRequest));
  const added = {
    median: round(sinceAnswer.median - rawPatch.median),
    p99: round(sinceAnswer.p99 - rawPatch.p99),
  };
  console.log(
    `raw patch of ${record.length} bytes: ${rawPatch.median} ms at the median, ${rawPatch.p99} ms at p99`,
  );
  console.log(
    `from the agent's end at the API server to the terminal frame: ${sinceAnswer.median} and ${sinceAnswer.p99} ms`,
  );
  console.log(
    `beyond the raw patch: ${added.median} and ${added.p99} ms (${taken.calm} of ${used.length} samples were calm)`,
  );
  keep(
    'terminal',
    { ...begun, taken, recordBytes: record.length, added, rawPatch, sinceAnswer, sinceRequest },
    options.quick,
  );
} finally {
  for (const close of closers.reverse()) await close();
}
