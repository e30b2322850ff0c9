/** The fields of Kubernetes objects that tests look at, as the API server's JSON has them. */
export interface PodObject {
  readonly metadata: {
    readonly name: string;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
  };
  readonly status: PodStatus;
}

export interface PodStatus {
  readonly phase: string;
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly initContainerStatuses?: readonly ContainerStatus[];
}

export interface ContainerStatus {
  readonly name: string;
  readonly state: ContainerState;
}

export interface ContainerState {
  readonly waiting?: { readonly reason: string; readonly message?: string };
  readonly running?: { readonly startedAt: string };
  readonly terminated?: {
    readonly exitCode: number;
    readonly reason: string;
    readonly message?: string;
    readonly startedAt: string | null;
    readonly finishedAt: string | null;
  };
}

/** The state of the container `agent`; undefined as long as no kubelet has said anything. */
export const agentState = (pod: PodObject | undefined): ContainerState | undefined =>
  pod?.status.containerStatuses?.find(({ name }) => name === 'agent')?.state;
