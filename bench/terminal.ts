import { parseArgs } from 'node:util';
import { ExecutorService } from '../gen/glip/executor/v1/executor_service_pb.js';
import { createClient } from '../src/cli/client.ts';
import { startBenchCluster, tenant } from './support/bench-cluster.ts';
import { startExecutorProcess } from './support/executor-process.ts';
import { openRawApi, type RawApi } from './support/raw-api.ts';
import { circumstances, keep, tell } from './support/report.ts';
import { aRequest } from './support/request.ts';
import { round, summarize } from './support/statistics.ts';
import { prepareEnd } from './terminal/end-agent.ts';
import { type RunningStep, startStep } from './terminal/step.ts';
import { createTwin, recordOn } from './terminal/twin.ts';

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
  patchTwin: (record: string) => Promise<number>,
  record: string,
  patchFirst: boolean,
): Promise<Sample> {
  const tellEnd = await prepareEnd(api, step);
  let patch = patchFirst ? await patchTwin(record) : 0;
  const { sent, answered } = await tellEnd();
  const { at } = await end;
  if (!patchFirst) patch = await patchTwin(record);
  return { patch, sinceAnswer: at - answered, sinceRequest: at - sent };
}

async function firstRecord(api: RawApi, calls: Calls): Promise<string> {
  const { step, end } = await startStep(calls, aRequest(tenant));
  await (await prepareEnd(api, step))();
  await end;
  if (step.job === undefined) throw new Error('the step has no Job');
  return recordOn(api, step.job);
}

async function measure(api: RawApi, calls: Calls): Promise<{ record: string; taken: readonly Sample[] }> {
  const record = await firstRecord(api, calls);
  const taken: Sample[] = [];
  // The first batch is for the compilers.
  while (taken.length < samples + batch) {
    const steps = await Promise.all(Array.from({ length: batch }, () => startStep(calls, aRequest(tenant))));
    const twins = await Promise.all(Array.from({ length: batch }, () => createTwin(api, tenant)));
    for (const [i, step] of steps.entries()) {
      const twin = twins[i];
      if (twin !== undefined) taken.push(await sample(api, step, twin, record, i % 2 === 0));
    }
    tell(`  ${taken.length - batch}/${samples}`);
  }
  return { record, taken: taken.slice(batch) };
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
  const { record, taken } = await measure(api, client.calls);
  const rawPatch = summarize(taken.map((s) => s.patch));
  const sinceAnswer = summarize(taken.map((s) => s.sinceAnswer));
  const sinceRequest = summarize(taken.map((s) => s.sinceRequest));
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
  console.log(`beyond the raw patch: ${added.median} and ${added.p99} ms`);
  keep(
    'terminal',
    { ...begun, recordBytes: record.length, added, rawPatch, sinceAnswer, sinceRequest },
    options.quick,
  );
} finally {
  for (const close of closers.reverse()) await close();
}
