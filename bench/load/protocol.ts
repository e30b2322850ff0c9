/** What a load process is told once. */
export interface LoadSetup {
  readonly kubeconfig: string;
  readonly grpc: { readonly host: string; readonly port: number };
  readonly tenant: string;
  /** Connections of the raw client: as many as calls will ever be in flight. */
  readonly connections: number;
  /** Of the raw client: whether its objects carry the label by which the executor finds its own. */
  readonly followed: boolean;
}

/** One block of submits. */
export interface Block {
  readonly count: number;
  readonly inFlight: number;
}

export interface BlockResult {
  /** From the first call to the last answer. */
  readonly ms: number;
  /** Of each submit, in the order of their ends. */
  readonly latencies: readonly number[];
}

/** Makes what one call sends, before the clock runs, and hands out the call. */
export type Prepare = () => () => Promise<void>;
