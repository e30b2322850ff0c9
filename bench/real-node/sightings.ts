import { Pool } from 'undici';
import { credentialSource } from '../../src/kube/kubeconfig.ts';
import { lines } from '../../src/kube/watch-frames.ts';

/** When a raw watch of ours has first seen each word of a step's end; by this process's clock, in milliseconds. */
export interface Sighting {
  /** The agent's container is terminated. */
  readonly container: Promise<number>;
  /** The pod's phase is Succeeded or Failed. */
  readonly phase: Promise<number>;
  /** The Job is Complete or Failed. */
  readonly condition: Promise<number>;
}

export interface Sightings {
  of(jobUid: string): Sighting;
  stop(): Promise<void>;
}

type Word = keyof Sighting;
type Words = Readonly<Record<Word, PromiseWithResolvers<number>>>;

interface Watched {
  readonly metadata: { readonly uid: string; readonly labels?: Readonly<Record<string, string>> };
  readonly status?: {
    readonly phase?: string;
    readonly containerStatuses?: readonly { readonly name: string; readonly state: object }[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Watches the Jobs and Pods of a namespace, each on a connection of its own, as bare as it gets. */
export async function watchEnds(kubeconfig: string, namespace: string): Promise<Sightings> {
  const { server, tls } = await credentialSource({ kind: 'kubeconfig', file: kubeconfig })({ force: false });
  const pool = new Pool(server, {
    connections: 2,
    allowH2: false,
    connect: { ...tls, keepAlive: true },
    bodyTimeout: 0,
  });
  const stopping = new AbortController();
  const seen = new Map<string, Words>();
  const words = (uid: string): Words => {
    const known = seen.get(uid);
    if (known !== undefined) return known;
    const [container, phase, condition] = Array.from({ length: 3 }, () => Promise.withResolvers<number>());
    const made = { container, phase, condition } as Words;
    seen.set(uid, made);
    return made;
  };
  const follow = async (path: string, tell: (object: Watched, at: number) => void): Promise<void> => {
    const { body } = await pool.request({
      method: 'GET',
      path: `${path}?watch=true`,
      signal: stopping.signal,
    });
    const read = async (): Promise<void> => {
      for await (const line of lines(body)) {
        const at = performance.now();
        tell((JSON.parse(line.toString()) as { readonly object: Watched }).object, at);
      }
    };
    // It ends with the bench; a wait for what it has not seen is bounded there.
    read().catch(() => undefined);
  };
  await follow(`/api/v1/namespaces/${namespace}/pods`, ({ metadata, status }, at) => {
    const uid = metadata.labels?.['batch.kubernetes.io/controller-uid'];
    if (uid === undefined) return;
    const agent = status?.containerStatuses?.find(({ name }) => name === 'agent');
    if (agent !== undefined && 'terminated' in agent.state) words(uid).container.resolve(at);
    if (status?.phase === 'Succeeded' || status?.phase === 'Failed') words(uid).phase.resolve(at);
  });
  await follow(`/apis/batch/v1/namespaces/${namespace}/jobs`, ({ metadata, status }, at) => {
    const over = status?.conditions?.some(
      (c) => ['Complete', 'Failed'].includes(c.type) && c.status === 'True',
    );
    if (over) words(metadata.uid).condition.resolve(at);
  });
  return {
    of(jobUid) {
      const { container, phase, condition } = words(jobUid);
      return { container: container.promise, phase: phase.promise, condition: condition.promise };
    },
    async stop() {
      stopping.abort();
      await pool.destroy();
    },
  };
}
