import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Config } from '../config/schema.ts';
import { createEmbeddedCluster } from '../embedded/cluster.ts';
import type { Catalogue, CatalogueEntry } from '../embedded/kubelet/catalogue.ts';
import { namespaceOf, serviceAccountOf } from '../job/names.ts';
import { createKubeClient } from '../kube/client.ts';
import { createCredentialCache } from '../kube/credentials.ts';
import { type ClusterAccess, credentialSource } from '../kube/kubeconfig.ts';
import { createTransport } from '../kube/transport.ts';
import type { Logger } from '../telemetry/logger.ts';
import { sampleCatalogue } from './sample-catalogue.ts';

export interface RunningCluster {
  readonly access: ClusterAccess;
  readonly workDirectory: string;
  readonly images: readonly string[];
  stop(): Promise<void>;
}

/** Starts the embedded cluster with its tenants. Throws when the catalogue cannot be read. */
export async function startEmbedded(config: Config, logger: Logger): Promise<RunningCluster> {
  const { workDir, catalogue: file, delays, tenants } = config.embedded;
  const catalogue = file === undefined ? sampleCatalogue() : readCatalogue(file);
  const workDirectory = workDir ?? mkdtempSync(join(tmpdir(), 'glip-executor-'));
  const cluster = createEmbeddedCluster({
    catalogue,
    workDirectory,
    delays,
    onError: (err) => logger.warn({ err }, 'the embedded cluster met an error'),
  });
  const { server, token } = await cluster.start();
  const access: ClusterAccess = { kind: 'fixed', server, token };
  await layDownTenants(access, config.namespacePrefix, tenants.split(','));
  return {
    access,
    workDirectory,
    images: Object.keys(catalogue),
    async stop() {
      await cluster.stop();
      // A directory that the user has named stays, for looking into it.
      if (workDir === undefined) await rm(workDirectory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Namespace, restricted as a tenant's is, and service account of each tenant. */
export async function layDownTenants(
  access: ClusterAccess,
  prefix: string,
  tenants: readonly string[],
): Promise<void> {
  const transport = createTransport({
    credentials: createCredentialCache({ source: credentialSource(access) }),
  });
  const client = createKubeClient({ transport });
  try {
    for (const tenant of tenants) {
      const name = namespaceOf(prefix, tenant);
      const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
      await client.createNamespace({ metadata: { name, labels } });
      await client.createServiceAccount(name, {
        metadata: { name: serviceAccountOf(tenant) },
        automountServiceAccountToken: false,
      });
    }
  } finally {
    await transport.destroy();
  }
}

/** YAML or JSON: image → {command: [...], env: {...}}. */
function readCatalogue(file: string): Catalogue {
  const value: unknown = parse(readFileSync(file, 'utf8'));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${file}: must map images to {command: [...]}`);
  }
  const problems: string[] = [];
  const entries = Object.entries(value).map(([image, entry]): [string, CatalogueEntry] => {
    const { command, env = {} } = (entry ?? {}) as { command?: unknown; env?: unknown };
    const [program, ...args] = Array.isArray(command) ? command.map(String) : [];
    if (program === undefined) problems.push(`${image}: command must be a list with the program first`);
    if (typeof env !== 'object' || env === null) problems.push(`${image}: env must map names to values`);
    return [
      image,
      {
        command: [program ?? '', ...args],
        env: Object.fromEntries(Object.entries(env ?? {}).map(([k, v]) => [k, String(v)])),
      },
    ];
  });
  if (problems.length > 0) throw new Error(`${file}: ${problems.join('; ')}`);
  return Object.fromEntries(entries);
}
