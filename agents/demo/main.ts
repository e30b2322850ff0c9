import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { create } from '@bufbuild/protobuf';
import {
  CancelStepRequestSchema,
  ExecutorService,
  SubmitStepRequestSchema,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import { type Step, StepState } from '../../gen/glip/executor/v1/step_pb.js';
import { startEmbedded } from '../../src/app/embedded.ts';
import { createApp } from '../../src/app.ts';
import { type Calls, createClient } from '../../src/cli/client.ts';
import { follow } from '../../src/cli/follow.ts';
import { layProgress } from '../../src/cli/layout.ts';
import { inColour, withoutColour } from '../../src/cli/paint.ts';
import { advanceProgress, noProgress } from '../../src/cli/progress.ts';
import { loadConfig } from '../../src/config/load.ts';
import { sleep } from '../../src/lib/abort.ts';
import { defaultPools } from '../../src/policy/parse-pools.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { cleanStep, computeStep, type DemoStep, fileInput, manifestOf, reportStep } from './pipeline.ts';

const tenant = 'demo';
const sample = fileURLToPath(new URL('../samples/activity-data.csv', import.meta.url));
const results = join(process.cwd(), '.glip', 'demo');
const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const layout = {
  width: Math.max(60, process.stdout.columns ?? 80),
  paint: colour ? inColour : withoutColour,
  clock: (time: number) => new Date(time).toTimeString().slice(0, 8),
};
const say = (text = '') => process.stdout.write(`${text}\n`);
const title = (text: string) => say(`\n${layout.paint(text, 'active')}`);

type Executor = Calls<typeof ExecutorService>;

/** Submits a step and follows it to its end, telling each transition; `onRunning` is called once when its process runs. */
async function run(
  executor: Executor,
  step: DemoStep,
  runId: string,
  onRunning?: () => Promise<void>,
): Promise<Step> {
  const key = { tenant, runId, stepId: step.stepId, attempt: 0 };
  const manifest = { case: 'manifestJson', value: manifestOf(step, runId, results) } as const;
  await executor.submitStep(create(SubmitStepRequestSchema, { key, manifest }));
  const io = { now: Date.now, sleep, random: Math.random };
  let progress = noProgress;
  let last: Step | undefined;
  let asked = false;
  for await (const event of follow(key, { calls: executor, io, signal: AbortSignal.timeout(60_000) })) {
    const told = advanceProgress(progress, event);
    progress = told.progress;
    for (const line of told.lines) process.stdout.write(layProgress(line, layout));
    if (event.kind !== 'step') continue;
    last = event.step;
    if (!asked && last.state === StepState.RUNNING) {
      asked = true;
      await onRunning?.();
    }
  }
  if (last === undefined) throw new Error(`the stream of step ${step.stepId} was empty`);
  return last;
}

async function pipeline(executor: Executor): Promise<void> {
  const runId = randomUUID();
  const activity = fileInput('activity', sample);
  title('1. Clean a file of activity data');
  await succeed(executor, cleanStep(activity), runId);
  title('2. Compute its emissions (factors: UK government, 2024)');
  await succeed(executor, computeStep(results), runId);
  title('3. Write the report');
  await succeed(executor, reportStep(results), runId);

  title('4. A step that fails on purpose: its input does not have the checksum it should have');
  const wrong = { ...cleanStep({ ...activity, sha256: '0'.repeat(64) }), stepId: 'clean-wrong-checksum' };
  expectState(await run(executor, wrong, runId), StepState.FAILED);

  title('5. A step that is cancelled while it runs: the agent saves its work and stops');
  const slow = { ...cleanStep(activity, 200), stepId: 'clean-cancelled' };
  const cancel = create(CancelStepRequestSchema, {
    target: { case: 'key', value: { tenant, runId, stepId: slow.stepId } },
    reason: 'the demo has seen enough',
  });
  const cancelled = await run(executor, slow, runId, async () => {
    await executor.cancelStep(cancel);
  });
  expectState(cancelled, StepState.CANCELLED);
  tellResults();
}

async function succeed(executor: Executor, step: DemoStep, runId: string): Promise<void> {
  expectState(await run(executor, step, runId), StepState.SUCCEEDED);
}

function expectState(step: Step, wanted: StepState): void {
  if (step.state === wanted) return;
  throw new Error(`step ${step.key?.stepId} should be ${StepState[wanted]} and is ${StepState[step.state]}`);
}

function tellResults(): void {
  const { totals } = JSON.parse(readFileSync(join(results, 'compute', 'emissions.json'), 'utf8')) as {
    totals: { total: string };
  };
  title('Results');
  say(`  ${(Number(totals.total) / 1000).toFixed(1)} t CO2e in all`);
  for (const file of [
    'report/report.html',
    'report/report.md',
    'compute/emissions.json',
    'clean/rejected.csv',
  ]) {
    say(`  ${relative(process.cwd(), join(results, file))}`);
  }
}

async function main(): Promise<void> {
  const started = Date.now();
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  const loaded = loadConfig({
    argv: ['--grpc-address', '127.0.0.1:0', '--http-address', '127.0.0.1:0', '--cluster', 'embedded'],
    env: {},
    readFile: () => '',
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { config } = loaded;
  const logger = createLogger({ level: 'error', destination: process.stderr });
  say(
    'Starting an executor on its embedded cluster: a small Kubernetes in this process, agents as local processes.',
  );
  const cluster = await startEmbedded(config, logger);
  const app = createApp({
    config,
    pools: defaultPools,
    access: cluster.access,
    logger,
    identity: 'demo',
    version: 'demo',
  });
  const { grpc } = await app.start();
  const client = createClient(ExecutorService, grpc);
  try {
    await app.synced;
    say(`Serving gRPC on ${grpc.host}:${grpc.port}. Five steps, each one Kubernetes Job:`);
    await pipeline(client.calls);
  } finally {
    client.close();
    await app.stop();
    await cluster.stop();
  }
  say(`\nDone in ${((Date.now() - started) / 1000).toFixed(1)} s. Next: npm run serve, and see the README.`);
}

await main();
