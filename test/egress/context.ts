import { shell } from '../node/context.ts';
import type { AgentOptions } from '../support/cilium/agent.ts';
import { type CiliumCluster, startCiliumCluster } from '../support/cilium/cluster.ts';
import { services, world } from '../support/cilium/world.ts';
import { startExecutor, type TestExecutor } from '../support/executor.ts';
import { isRunning, stateName } from '../support/states.ts';
import { aStep, type StepWish } from '../support/step.ts';
import { connectTenants, type SpecInit, type TenantClient } from '../support/tenant-client.ts';
import { addressOf, listeningPod, listenPort, listenScript, openNamespace } from './pods.ts';
import { type Reached, reachScript, readReached, type Target } from './reach.ts';

/** A cluster under Cilium with an executor, two tenants that it has made, and a namespace that nobody has bounded. */
export interface EgressContext {
  readonly cluster: CiliumCluster;
  readonly executor: TestExecutor;
  readonly tenants: TenantClient;
  /** A way that `acme` is allowed, in this cluster. */
  readonly allowed: readonly Target[];
  /** Ways that nobody has allowed. */
  readonly denied: readonly Target[];
  /** What a step of that tenant reaches. */
  readonly stepReaches: (
    tenant: string,
    targets: readonly Target[],
    options?: StepWish['options'],
  ) => Promise<Reached>;
  readonly stop: () => Promise<void>;
}

export const open = 'open';
/** One address and one port: whatever else is reached is reached in error. */
const acme: SpecInit = {
  egress: [{ to: { case: 'cidr', value: `${world.hosts.archive}/32` }, ports: [443] }],
};

export async function startEgress(options: AgentOptions = {}): Promise<EgressContext> {
  const cluster = await startCiliumCluster(options);
  let executor: TestExecutor | undefined;
  let tenants: TenantClient | undefined;
  const stop = async (): Promise<void> => {
    tenants?.close();
    await executor?.stop();
    await cluster.stop();
  };
  try {
    executor = await startExecutor({ access: cluster.access });
    tenants = connectTenants(executor.grpc);
    await Promise.all([tenants.ready('acme', acme), tenants.ready('rival'), openNamespace(cluster, open)]);
    const context = { cluster, executor, tenants, stepReaches: reachesOf(cluster, executor), stop };
    return { ...context, ...(await targetsOf(context)) };
  } catch (error) {
    await stop();
    throw error;
  }
}

const reachesOf =
  (cluster: CiliumCluster, { client }: TestExecutor): EgressContext['stepReaches'] =>
  async (tenant, targets, options) => {
    const request = aStep(cluster, { tenant, ...shell(reachScript(targets), { options: options ?? {} }) });
    await client.submit(request);
    const end = await client.watch(request.key).final();
    if (end.outcome?.reason !== 'Completed')
      throw new Error(`the step ended ${stateName(end)}: ${end.outcome?.message}`);
    return readReached(end.outcome.agentReportJson);
  };

async function targetsOf(
  context: Pick<EgressContext, 'cluster' | 'executor'>,
): Promise<Pick<EgressContext, 'allowed' | 'denied'>> {
  const { cluster } = context;
  const [neighbour, stranger, other] = await Promise.all([
    listeningStep(context, 'acme'),
    listeningStep(context, 'rival'),
    listeningPod(cluster, open, 'listens'),
  ]);
  const { archive, beside, named, elsewhere, metadata } = world.hosts;
  return {
    allowed: [['archive', archive, 443]],
    denied: [
      ['another-port', archive, 8443],
      ['another-dns', archive, 'dns'],
      ['beside', beside, 443],
      ['named', named, 443],
      ['elsewhere', elsewhere, 443],
      ['metadata', metadata, 80],
      ['api-server', cluster.apiServer.host, cluster.apiServer.port],
      ['api-service', services.apiServer, 443],
      ['own-pod', neighbour, listenPort],
      ['pod-of-rival', stranger, listenPort],
      ['pod-of-nobody', other, listenPort],
    ],
  };
}

/** A step of the tenant that listens as long as the cluster lives; its pod's address. */
async function listeningStep(
  { cluster, executor: { client } }: Pick<EgressContext, 'cluster' | 'executor'>,
  tenant: string,
): Promise<string> {
  const request = aStep(cluster, { tenant, ...shell(listenScript) });
  await client.submit(request);
  const { pod } = await client.watch(request.key).until('it runs', isRunning);
  return addressOf(cluster, pod?.namespace ?? '', pod?.name ?? '');
}

/** So many at a time, as the node has room for. */
const together = 5;

/** What each of so many runs gives, a few of them at a time. */
export async function inTurns<T>(rounds: number, run: () => Promise<T>): Promise<readonly T[]> {
  const results: T[] = [];
  while (results.length < rounds) {
    const size = Math.min(together, rounds - results.length);
    results.push(...(await Promise.all(Array.from({ length: size }, run))));
  }
  return results;
}
