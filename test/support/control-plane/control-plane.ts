import type { Api } from './api.ts';
import type { BehaviourDefaults } from './behaviour.ts';
import type { KubernetesLine } from './binaries.ts';
import type { ComponentName, ComponentSignal } from './component.ts';
import type { NodeSpec } from './nodes.ts';
import type { ProgramOptions, ProgramResult } from './program.ts';

export interface ControlPlaneOptions {
  /** The line of Kubernetes; the newest by default. */
  readonly line?: KubernetesLine;
  /** The fake nodes; default three of 4 CPU, 16 GiB and 1000 pods. None at all is fine too. */
  readonly nodes?: readonly NodeSpec[];
  /** How pods behave that carry no annotation of their own (behaviour.ts). */
  readonly behaviour?: Partial<BehaviourDefaults>;
  /** Whether the fake kubelet writes Events, as a real one does. Default true. */
  readonly events?: boolean;
  /** More flags, e.g. `--node-monitor-grace-period=10s` for the controller manager. */
  readonly apiServerFlags?: readonly string[];
  readonly controllerManagerFlags?: readonly string[];
  readonly schedulerFlags?: readonly string[];
  /** Bound on the whole start. Default 60 s: it takes 5, but other tests may keep the machine busy. */
  readonly timeoutMs?: number;
}

/** Who a kubeconfig speaks for: any user by a certificate, or a ServiceAccount by a token. */
export type Identity =
  | { readonly user: string; readonly groups?: readonly string[] }
  | {
      readonly serviceAccount: string;
      readonly namespace: string;
      /** Life of the token; the API server accepts 10 minutes or more. Default one hour. */
      readonly expirationSeconds?: number;
    };

/** A running control plane. It ends with `stop`, or with the process that started it, whichever comes first. */
export interface ControlPlane extends Pick<Api, 'request'> {
  readonly server: string;
  readonly caFile: string;
  /** Path of a kubeconfig of the admin (group system:masters: no RBAC, no priority and fairness). */
  readonly kubeconfig: string;
  /** Holds everything of it; removed by `stop`. */
  readonly directory: string;
  readonly logs: Readonly<Record<ComponentName, string>>;
  /** Process ids of what runs now. */
  readonly pids: () => Readonly<Partial<Record<ComponentName, number>>>;
  /** Writes a kubeconfig for that identity and returns its path. */
  readonly kubeconfigFor: (identity: Identity) => Promise<string>;
  readonly kubectl: (args: readonly string[], options?: ProgramOptions) => Promise<ProgramResult>;
  /** SIGSTOP and SIGCONT freeze and thaw: connections stay open and nothing answers. */
  readonly signal: (component: ComponentName, signal: ComponentSignal) => void;
  /** Resolves when the API server's process is gone. SIGTERM lets it drain first. */
  readonly stopApiServer: (signal?: 'SIGKILL' | 'SIGTERM') => Promise<void>;
  /** Starts it again on the same port and with the same data; resolves when it is ready. */
  readonly startApiServer: () => Promise<void>;
  /** Copies what etcd has. The answer puts it back and starts all of the control plane on it, as an administrator would. */
  readonly backUp: () => Promise<() => Promise<void>>;
  /** Ends every process and removes the directory. Idempotent. */
  readonly stop: () => Promise<void>;
}
