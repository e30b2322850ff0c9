import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClusterAccess, credentialSource } from '../../../src/kube/kubeconfig.ts';
import { createAuthority } from '../../support/misbehaving-server/certificates.ts';
import { startWeatheredProxy, type WeatheredProxy } from '../proxy/weathered-proxy.ts';
import type { Random } from '../random.ts';

/** A cluster's API server behind a proxy, and the kubeconfig that leads there, over TLS as in production. */
export interface ProxiedAccess extends WeatheredProxy {
  readonly access: ClusterAccess;
}

export async function openProxiedAccess(access: ClusterAccess, random: Random): Promise<ProxiedAccess> {
  const upstream = await credentialSource(access)({ force: false });
  const authority = createAuthority();
  const tls = authority.issue({ commonName: 'proxy', hosts: ['127.0.0.1'] });
  const weathered = await startWeatheredProxy({ upstream, tls, random });
  const directory = await mkdtemp(join(tmpdir(), 'glip-proxy-'));
  const file = join(directory, 'kubeconfig.json');
  const ca = Buffer.from(authority.ca).toString('base64');
  const cluster = { server: weathered.proxy.url, 'certificate-authority-data': ca };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'proxy', cluster }],
    // The proxy speaks for whoever asks.
    users: [{ name: 'nobody', user: {} }],
    contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'nobody' } }],
    'current-context': 'proxy',
  };
  await writeFile(file, JSON.stringify(config));
  return {
    ...weathered,
    access: { kind: 'kubeconfig', file },
    async close() {
      await weathered.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
