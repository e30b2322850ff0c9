import { type CheckReport, runChecks } from '../cli/check/checks.ts';
import type { Config } from '../config/schema.ts';
import { createKubeClient } from '../kube/client.ts';
import { createCredentialCache } from '../kube/credentials.ts';
import { credentialSource } from '../kube/kubeconfig.ts';
import { createServerClock } from '../kube/server-clock.ts';
import { createTransport } from '../kube/transport.ts';
import { accessOf } from './serve.ts';

/** Asks the configured cluster whether the executor can use it. Changes nothing. */
export async function check(config: Config): Promise<CheckReport> {
  const access = accessOf(config);
  const clock = createServerClock();
  const transport = createTransport({
    serverClock: clock,
    credentials: createCredentialCache({ source: credentialSource(access, process.env) }),
    retry: { attempts: 1 },
  });
  const client = createKubeClient({ transport });
  const context = config.context === undefined ? '' : `, context ${config.context}`;
  try {
    return await runChecks(
      {
        serverVersion: () => client.serverVersion(),
        canI: async (attributes) => ({
          allowed: await client.selfSubjectAccessReview(attributes),
          reason: '',
        }),
        clockOffset: clock.offset,
      },
      `${config.kubeconfig ?? 'the default kubeconfig'}${context}`,
      [
        ...(config.identity.serviceAccounts === 'on' ? (['identity.serviceAccounts'] as const) : []),
        ...(config.tenants.management === 'on' ? (['tenants.management'] as const) : []),
      ],
    );
  } finally {
    await transport.destroy();
  }
}
