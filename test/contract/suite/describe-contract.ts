import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestCluster } from '../../support/cluster.ts';
import { startExecutor, type TestExecutor } from '../../support/executor.ts';
import { isRunning } from '../../support/states.ts';
import { aStep } from '../../support/step.ts';
import { createTenant } from '../../support/tenants.ts';
import { atMostOnce } from './at-most-once.ts';
import { cancel } from './cancel.ts';
import type { ContractContext, ContractPart } from './context.ts';
import { disruption } from './disruption.ts';
import { egress } from './egress.ts';
import { list } from './list.ts';
import { lives } from './lives.ts';
import { logs } from './logs.ts';
import { options } from './options.ts';
import { retain } from './retain.ts';
import { secrets } from './secrets.ts';
import { submit } from './submit.ts';
import { template } from './template.ts';
import { tenants } from './tenants.ts';
import { timeouts } from './timeouts.ts';
import { waiting } from './waiting.ts';
import { watch } from './watch.ts';
import { watchSteps } from './watch-steps.ts';

const parts: Readonly<Record<string, ContractPart>> = {
  lives,
  submit,
  options,
  template,
  watch,
  'watch steps': watchSteps,
  cancel,
  timeouts,
  waiting,
  list,
  tenants,
  disruption,
  'at most once': atMostOnce,
  retain,
  logs,
  secrets,
  egress,
};

/** The behaviours of an executor as its clients see them, on one kind of cluster. */
export function describeContract(name: string, startCluster: () => Promise<TestCluster>): void {
  describe(name, { timeout: 90_000 }, () => {
    let context: ContractContext | undefined;
    const executors: TestExecutor[] = [];
    let cluster: TestCluster | undefined;

    beforeAll(async () => {
      cluster = await startCluster();
      context = await createContext(cluster, executors);
    }, 120_000);

    afterAll(async () => {
      await Promise.all(executors.map((e) => e.stop()));
      await cluster?.stop();
    });

    const use = (): ContractContext => {
      if (context === undefined) throw new Error('the cluster did not start');
      return context;
    };
    for (const [title, register] of Object.entries(parts))
      describe(title, { concurrent: true }, () => register(use));

    test('none of it made an executor complain', () => {
      const texts = executors
        .flatMap((e) => e.complaints)
        .map((line) => `${line.msg}: ${line.err?.message ?? JSON.stringify(line)}`);
      expect(texts).toEqual([]);
    });
  });
}

async function createContext(cluster: TestCluster, executors: TestExecutor[]): Promise<ContractContext> {
  const executor = async (config: Readonly<Record<string, unknown>> = {}) => {
    const started = await startExecutor({ access: cluster.access, config });
    executors.push(started);
    return started;
  };
  const replicas = await Promise.all([executor(), executor()] as const);
  const { name: tenant, namespace } = await createTenant(cluster, 'acme');
  const step: ContractContext['step'] = (wish) => aStep(cluster, { tenant, ...wish });
  const { client } = replicas[0];
  return {
    cluster,
    client,
    other: replicas[1].client,
    replicas,
    tenant,
    namespace,
    step,
    async running(wish) {
      const request = step({ ...wish, agent: { hang: true, ...wish?.agent } });
      await client.submit(request);
      const watch = client.watch(request.key);
      const seen = await watch.until('it runs', isRunning);
      if (seen.pod !== undefined) await cluster.agentListens(seen.pod);
      return { request, watch, step: seen };
    },
    executor,
  };
}
