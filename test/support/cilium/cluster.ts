import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestCluster } from '../cluster.ts';
import { runProgram } from '../control-plane/program.ts';
import { agentImage } from '../node/images/catalogue.ts';
import { type NodeCluster, startNodeCluster } from '../node-cluster.ts';
import { must } from '../tenants.ts';
import { until } from '../until.ts';
import type { AgentOptions } from './agent.ts';
import { createCilium } from './network.ts';
import { names, services, world } from './world.ts';
import type { Visit } from './world-server.ts';

/** A real node whose network is Cilium's, with DNS and with hosts outside. */
export interface CiliumCluster extends NodeCluster {
  /** Who has come to the hosts outside so far. */
  readonly visits: () => readonly Visit[];
  /** Whether a connection from outside gets through. */
  readonly reachesFromOutside: (host: string, port: number) => Promise<boolean>;
  /** Where the API server listens, as pods could reach it beside its service. */
  readonly apiServer: { readonly host: string; readonly port: number };
}

export async function startCiliumCluster(options: AgentOptions = {}): Promise<CiliumCluster> {
  const cilium = createCilium(options);
  const cluster = await startNodeCluster({ network: cilium.network });
  try {
    const apiServer = { host: world.node, port: Number(new URL(cluster.node.controlPlane.server).port) };
    await Promise.all([serveApi(cluster, apiServer), serveNames(cluster)]);
    return {
      ...cluster,
      apiServer,
      visits: () =>
        readFileSync(cilium.machine().programs.log('world'), 'utf8')
          .split('\n')
          .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Visit] : [])),
      async reachesFromOutside(host, port) {
        const knock = ['nsenter', '--net=/run/netns/world', 'busybox', 'nc', '-w', '5', host, String(port)];
        const [program = '', ...args] = cilium.machine().inside('network', knock);
        return (await runProgram(program, args, { input: 'hello\n' })).code === 0;
      },
    };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** The service of the API server has its endpoint, as on a cluster whose API server does that itself. */
async function serveApi(
  cluster: Pick<TestCluster, 'request'>,
  { host, port }: CiliumCluster['apiServer'],
): Promise<void> {
  await must(cluster, 'POST', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kubernetes', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    ports: [{ name: 'https', protocol: 'TCP', port }],
    endpoints: [{ addresses: [host], conditions: { ready: true } }],
  });
}

/** A DNS server as the cluster's own, with the labels by which policies know it. */
async function serveNames(cluster: Pick<TestCluster, 'request'>): Promise<void> {
  const base = '/api/v1/namespaces/kube-system';
  const labels = { 'k8s-app': 'kube-dns' };
  const program = readFileSync(join(import.meta.dirname, 'dns-server.ts'), 'utf8');
  const metadata = { name: 'kube-dns', labels };
  await must(cluster, 'POST', `${base}/configmaps`, { metadata, data: { 'server.ts': program } });
  await must(cluster, 'POST', `${base}/services`, {
    metadata,
    spec: {
      clusterIP: services.dns,
      selector: labels,
      ports: ['UDP', 'TCP'].map((protocol) => ({ name: protocol.toLowerCase(), protocol, port: 53 })),
    },
  });
  await must(cluster, 'POST', `${base}/pods`, {
    metadata,
    spec: {
      automountServiceAccountToken: false,
      containers: [
        {
          name: 'dns',
          image: agentImage('testing/probe'),
          command: ['/usr/local/bin/node', '/etc/dns/server.ts', '0.0.0.0', '53', JSON.stringify(names)],
          volumeMounts: [{ name: 'program', mountPath: '/etc/dns' }],
        },
      ],
      volumes: [{ name: 'program', configMap: { name: 'kube-dns' } }],
    },
  });
  await until('the DNS server runs', async () => {
    const { status } = await must(cluster, 'GET', `${base}/pods/kube-dns`);
    return status.phase === 'Running';
  });
}
