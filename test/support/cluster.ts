import type { ClusterAccess } from '../../src/kube/kubeconfig.ts';
import type { AgentBehaviour } from './agent.ts';
import type { ApiRequestOptions, ApiResponse } from './control-plane/api.ts';

/** How an agent's behaviour goes into a submit on one kind of cluster. */
export interface AgentRequest {
  readonly image: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, string | number>>;
}

/** A cluster for tests, whatever it is made of. No node has more than 4 CPU. */
export interface TestCluster {
  readonly name: 'embedded' | 'real' | 'node';
  readonly access: ClusterAccess;
  /** Whether the tests may ask for what only the fake kubelet can play: `silentNode`. */
  readonly playsNodes: boolean;
  /** Whether it has the Eviction API. */
  readonly evicts: boolean;
  /** Whether the agent is a process that sees its environment and manifest. */
  readonly runsAgents: boolean;
  agent(behaviour: AgentBehaviour): AgentRequest;
  /** Resolves when the agent of a pod that runs can hear a SIGTERM: a process needs a moment for its handler. */
  agentListens(pod: { readonly namespace: string; readonly name: string }): Promise<void>;
  /** The API server, as its administrator. Any status is an answer. */
  request(method: string, path: string, body?: unknown, options?: ApiRequestOptions): Promise<ApiResponse>;
  stop(): Promise<void>;
}
