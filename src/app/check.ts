import { randomBytes } from 'node:crypto';
import type { Check } from '../cli/check/check.ts';
import { type CheckReport, runChecks } from '../cli/check/checks.ts';
import { runCanary } from '../cli/check/egress/canary.ts';
import { canaryCheck } from '../cli/check/egress/check.ts';
import type { CanaryOptions } from '../cli/executor/check-options.ts';
import type { Config } from '../config/schema.ts';
import { createKubeClient } from '../kube/client.ts';
import { createCredentialCache } from '../kube/credentials.ts';
import { type ClusterAccess, credentialSource } from '../kube/kubeconfig.ts';
import { createServerClock } from '../kube/server-clock.ts';
import { createTransport } from '../kube/transport.ts';
import { createCanaryPort, keptVerdict } from './egress-canary.ts';
import { accessOf } from './serve.ts';
import { storageEvidence } from './storage-evidence.ts';

/** What `check` is asked beside the configuration. */
export interface CheckWish {
  /** Absent: nothing is changed. */
  readonly canary?: CanaryOptions | undefined;
  /** Ends the canary, which takes away what it has made. */
  readonly signal?: AbortSignal;
  /** Takes a line of progress. */
  readonly tell?: (line: string) => void;
  /** Absent: the configured cluster. */
  readonly access?: ClusterAccess;
}

/** Asks the configured cluster whether the executor can use it. */
export async function check(config: Config, wish: CheckWish = {}): Promise<CheckReport> {
  const { canary, signal = new AbortController().signal } = wish;
  const access = wish.access ?? accessOf(config);
  const clock = createServerClock();
  const transport = createTransport({
    serverClock: clock,
    credentials: createCredentialCache({ source: credentialSource(access, process.env) }),
    retry: { attempts: 1 },
  });
  const client = createKubeClient({ transport });
  const context = config.context === undefined ? '' : `, context ${config.context}`;
  const runIt = async (asked: CanaryOptions): Promise<Check> => {
    const id = randomBytes(4).toString('hex');
    const port = createCanaryPort(client, transport);
    return canaryCheck(await runCanary(port, { ...asked, id }, signal, wish.tell));
  };
  try {
    return await runChecks(
      {
        serverVersion: () => client.serverVersion(),
        canI: async (attributes) => ({
          allowed: await client.selfSubjectAccessReview(attributes),
          reason: '',
        }),
        clockOffset: clock.offset,
        keptVerdict: () => keptVerdict(client),
        storage: () => storageEvidence(client),
      },
      `${config.kubeconfig ?? 'the default kubeconfig'}${context}`,
      [
        ...(config.identity.serviceAccounts === 'on' ? (['identity.serviceAccounts'] as const) : []),
        ...(config.tenants.management === 'on' ? (['tenants.management'] as const) : []),
      ],
      canary && (() => runIt(canary)),
    );
  } finally {
    await transport.destroy();
  }
}
