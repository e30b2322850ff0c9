import type { ClusterAccess } from '../../../src/kube/kubeconfig.ts';
import { RpcError } from '../../support/client.ts';
import { startExecutor, type TestExecutor } from '../../support/executor.ts';
import type { RealCluster } from '../../support/real-cluster.ts';
import { stateName } from '../../support/states.ts';
import { aStep, type StepRequest, type StepWish } from '../../support/step.ts';
import { connectTenants, type TenantClient } from '../../support/tenant-client.ts';
import { createTenant, type Tenant } from '../../support/tenants.ts';
import { until } from '../../support/until.ts';

/** An executor under some rights, with tenants that no other executor looks at: their namespaces have a prefix of their own. */
export interface Stage {
  readonly cluster: RealCluster;
  readonly config: Readonly<Record<string, unknown>>;
  readonly executor: TestExecutor;
  readonly tenants: TenantClient;
  /** Makes the tenant of the steps by hand. */
  tenant(options?: { readonly account?: boolean }): Promise<Tenant>;
  step(wish?: Partial<StepWish>): StepRequest;
  /** What the log has said so far, from `warn` on. */
  log(): string;
  /** Whether the log says that something cannot be followed. It says so before the scenario begins. */
  readonly isBlind: boolean;
  /** Resolves when a step of the same tenant has come to its end: what follows at once has followed by then. */
  afterAnotherStep(): Promise<void>;
}

export interface StageOptions {
  readonly cluster: RealCluster;
  readonly access: ClusterAccess;
  readonly prefix: string;
  readonly config?: Readonly<Record<string, unknown>>;
  /** What the log says; it is waited for. */
  readonly complaint?: RegExp;
  /** The complaint is of something that cannot be followed: it comes by itself, and the scenario begins behind it. */
  readonly isFollowed?: boolean;
}

const name = 'acme';

/** What was seen on a stage. */
export interface Seen {
  /** By whoever uses the executor. */
  readonly text: string;
  /** By whoever runs it: its log from `warn` on, and the rights that it has missed, by its metrics. */
  readonly log: string;
  readonly missed: readonly string[];
}

/** Lets `play` use an executor, and stops that. The executor listens, and may not know its cluster yet. */
export async function onStage(
  { cluster, access, prefix, complaint, isFollowed = false, ...options }: StageOptions,
  play: (stage: Stage) => Promise<string>,
): Promise<Seen> {
  const config = { namespacePrefix: prefix, ...options.config };
  const executor = await startExecutor({ access, config, untilSynced: false });
  const tenants = connectTenants(executor.grpc);
  const { client } = executor;
  const step: Stage['step'] = (wish) => aStep(cluster, { tenant: name, ...wish });
  const log = () => executor.complaints.map(({ msg, err }) => `${msg}: ${err?.message}`).join('\n');
  try {
    const complained = () => complaint === undefined || complaint.test(log());
    if (isFollowed) await until(`the log says ${complaint}`, complained);
    const text = await play({
      cluster,
      config,
      executor,
      tenants,
      tenant: (more) => createTenant(cluster, name, { ...more, prefix }),
      step,
      log,
      isBlind: isFollowed,
      async afterAnotherStep() {
        const request = step();
        await client.submit(request);
        const { state } = await client.watch(request.key).final();
        if (stateName({ state }) !== 'SUCCEEDED')
          throw new Error(`the other step is ${stateName({ state })}`);
      },
    });
    await until(`the log says ${complaint}`, complained);
    return { text, log: log(), missed: await missedBy(executor) };
  } finally {
    tenants.close();
    await executor.stop();
  }
}

/** As its metrics say; who calls must be known where identities are configured, and then nobody says. */
async function missedBy({ http }: TestExecutor): Promise<readonly string[]> {
  const answer = await fetch(`http://${http.host}:${http.port}/metrics`);
  const lines = (await answer.text()).matchAll(/^glip_executor_missing_rights_total\{right="(.*)"\} [1-9]/gm);
  return [...lines].map(([, right = '']) => right);
}

/** What a call comes to, or the error as its caller reads it. */
export const orRefusal = (call: Promise<string>): Promise<string> =>
  call.catch((error: unknown) => told(RpcError.from(error)));

export const told = ({ code, reason, message }: RpcError): string => `${code} ${reason}: ${message}`;

/** Resolves when the executor knows its cluster, its tenants too; it may not be ready where something cannot be followed. */
export async function isUp({ executor: { client }, tenants }: Stage): Promise<void> {
  const works = (call: Promise<unknown>): Promise<boolean> =>
    call.then(
      () => true,
      () => false,
    );
  await until('its steps are known', () => works(client.list()));
  await until('its tenants are known', () => works(tenants.list()));
}
