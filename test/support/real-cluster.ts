import { forFakeKubelet } from './agent.ts';
import type { TestCluster } from './cluster.ts';
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from './control-plane/start.ts';

/** A real control plane, whose nodes are played. */
export interface RealCluster extends TestCluster {
  readonly controlPlane: ControlPlane;
}

/** Starts one; see test/support/control-plane for what it is made of and how to get it. */
export async function startRealCluster(options: ControlPlaneOptions = {}): Promise<RealCluster> {
  const controlPlane = await startControlPlane(options);
  return {
    name: 'real',
    access: { kind: 'kubeconfig', file: controlPlane.kubeconfig },
    playsNodes: true,
    evicts: true,
    runsAgents: false,
    agent: (behaviour) => ({
      image: 'registry.example/probe:1.0.0',
      annotations: forFakeKubelet(behaviour),
      params: {},
    }),
    agentListens: async () => undefined,
    request: controlPlane.request,
    stop: controlPlane.stop,
    controlPlane,
  };
}
