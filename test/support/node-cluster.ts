import { forProbe } from './agent.ts';
import type { TestCluster } from './cluster.ts';
import { agentImage } from './node/images/catalogue.ts';
import { type NodeOptions, type RealNode, startNode } from './node/start.ts';
import { until } from './until.ts';

/** A real control plane with a real node, which runs the probe agent in containers. */
export interface NodeCluster extends TestCluster {
  readonly node: RealNode;
}

/** What the node's registry does not give; the last is of a registry whose name nobody resolves. */
const images = {
  probe: agentImage('testing/probe'),
  missing: 'registry.example/missing:1.0.0',
  denied: 'registry.example/denied:1.0.0',
  unreachable: 'nowhere.example/probe:1.0.0',
} as const;

export async function startNodeCluster(options: NodeOptions = {}): Promise<NodeCluster> {
  const node = await startNode(options);
  const { request, kubeconfig } = node.controlPlane;
  return {
    name: 'node',
    access: { kind: 'kubeconfig', file: kubeconfig },
    playsNodes: false,
    evicts: true,
    runsAgents: true,
    agent: (behaviour) => ({
      image: images[behaviour.image ?? 'probe'],
      annotations: {},
      params: forProbe(behaviour),
    }),
    async agentListens({ namespace, name }) {
      await until('the probe listens', async () => {
        const { body } = await request('GET', `/api/v1/namespaces/${namespace}/pods/${name}/log`);
        return JSON.stringify(body).includes('run_ms');
      });
    },
    request,
    stop: node.stop,
    node,
  };
}
