import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startExecutor, type TestExecutor } from '../support/executor.ts';
import { type NodeCluster, startNodeCluster } from '../support/node-cluster.ts';
import { isRunning } from '../support/states.ts';
import { aStep } from '../support/step.ts';
import { createTenant } from '../support/tenants.ts';
import type { Family, NodeContext } from './context.ts';
import { type Recorder, startRecorder } from './recorder.ts';

export interface Families {
  /** Side by side. */
  readonly concurrent: Readonly<Record<string, Family>>;
  /** One after the other: what they do, they do to the node. */
  readonly alone: Readonly<Record<string, Family>>;
}

/** Every family on one real node. */
export function describeFailures({ concurrent, alone }: Families): void {
  let cluster: NodeCluster | undefined;
  let executor: TestExecutor | undefined;
  let context: NodeContext | undefined;
  let recorder: Recorder | undefined;

  beforeAll(async () => {
    cluster = await startNodeCluster();
    executor = await startExecutor({ access: cluster.access });
    if (process.env.RECORD !== undefined) recorder = startRecorder(cluster.node.controlPlane);
    context = await createContext(cluster, executor, recorder);
  }, 120_000);

  afterAll(async () => {
    await recorder?.write();
    await executor?.stop();
    await cluster?.stop();
  });

  const use = (): NodeContext => {
    if (context === undefined) throw new Error('the node did not start');
    return context;
  };
  for (const [title, register] of Object.entries(concurrent))
    describe(title, { concurrent: true, timeout: 90_000 }, () => register(use));
  for (const [title, register] of Object.entries(alone))
    describe(title, { timeout: 90_000 }, () => register(use));

  test('none of it made the executor complain', () => {
    expect(
      executor?.complaints.map((line) => `${line.msg}: ${line.err?.message ?? JSON.stringify(line)}`),
    ).toEqual([]);
  });
}

async function createContext(
  cluster: NodeCluster,
  executor: TestExecutor,
  recorder: Recorder | undefined,
): Promise<NodeContext> {
  const { client } = executor;
  const { name: tenant, namespace } = await createTenant(cluster, 'acme');
  const step: NodeContext['step'] = (wish) => aStep(cluster, { tenant, ...wish });
  const submitted: NodeContext['submitted'] = async (wish) => {
    const request = step(wish);
    await client.submit(request);
    return { request, watch: client.watch(request.key) };
  };
  return {
    cluster,
    executor,
    client,
    tenant,
    namespace,
    record: (name, step) => recorder?.keep(name, step),
    step,
    submitted,
    async running(wish) {
      const followed = await submitted({ ...wish, agent: { hang: true, ...wish?.agent } });
      const seen = await followed.watch.until('it runs', isRunning);
      if (seen.pod !== undefined) await cluster.agentListens(seen.pod);
      return { ...followed, step: seen };
    },
  };
}
