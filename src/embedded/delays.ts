/** How long each part of the cluster takes, in milliseconds. */
export type Delays = {
  /** Pod created until bound to a node. */
  readonly schedule: number;
  /** Bound until the kubelet's first status. */
  readonly acknowledge: number;
  /** First status until the sandbox is ready. */
  readonly sandbox: number;
  /** Sandbox ready until the process starts. */
  readonly create: number;
  /** Process started until the status says so. */
  readonly reportStart: number;
  /** Process ended until its container is reported as terminated. */
  readonly reportEnd: number;
  /** Container reported as terminated until the pod's phase follows. */
  readonly reportPhase: number;
  /** Process of a deleted pod ended until its final status. */
  readonly reportKilled: number;
  /** Final status of a deleted pod until its object goes. */
  readonly removePod: number;
  /** The Job controller gathers pod changes for this long. */
  readonly jobBatch: number;
  /** First wait of the Job controller after a refused pod; doubles up to 10 minutes. */
  readonly createRetry: number;
  /** First wait before a failed pod is replaced; doubles up to 10 minutes. */
  readonly replacePod: number;
  /** First wait after a failed mount; doubles up to 2 minutes. */
  readonly mountRetry: number;
  /** First wait after a failed image pull; doubles up to 5 minutes. */
  readonly pullRetry: number;
  /** Wait after a container whose configuration cannot be resolved. */
  readonly configRetry: number;
  /** Wait before the garbage collector and the namespace controller act. */
  readonly collect: number;
};

/** Measured on a real node and a 1.37 control plane. */
const realDelays: Delays = {
  schedule: 5,
  acknowledge: 30,
  sandbox: 450,
  create: 250,
  reportStart: 60,
  reportEnd: 500,
  reportPhase: 1_200,
  reportKilled: 1_100,
  removePod: 400,
  jobBatch: 1_000,
  createRetry: 1_000,
  replacePod: 10_000,
  mountRetry: 500,
  pullRetry: 10_000,
  configRetry: 12_000,
  collect: 15,
};

/** For tests: the same order of events, as fast as the process allows. Retries keep a small wait so that they do not spin. */
const noDelays: Delays = {
  schedule: 0,
  acknowledge: 0,
  sandbox: 0,
  create: 0,
  reportStart: 0,
  reportEnd: 0,
  reportPhase: 0,
  reportKilled: 0,
  removePod: 0,
  jobBatch: 0,
  createRetry: 20,
  replacePod: 20,
  mountRetry: 10,
  pullRetry: 20,
  configRetry: 20,
  collect: 0,
};

/** The named sets, or the real one with some values replaced. */
export function resolveDelays(choice: 'real' | 'none' | Partial<Delays>): Delays {
  if (choice === 'real') return realDelays;
  if (choice === 'none') return noDelays;
  return { ...realDelays, ...choice };
}
