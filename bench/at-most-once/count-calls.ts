import { ExecutorService } from '../../gen/glip/executor/v1/executor_service_pb.js';
import { createClient } from '../../src/cli/client.ts';
import { credentialSource } from '../../src/kube/kubeconfig.ts';
import { noFault } from '../../test/faults/proxy/fault.ts';
import { startProxy } from '../../test/faults/proxy/proxy.ts';
import { startExecutorProcess } from '../../test/support/executor-process.ts';
import { round } from '../support/statistics.ts';
import type { Sightings } from './sightings.ts';
import { type Kind, submitOne } from './submit-one.ts';

/** Calls to the API server for each step from its submit until its pod has a node, by what they are. */
export type Calls = Readonly<Record<string, number>>;

const about = (method: string, target: string): string | undefined => {
  if (target.includes('watch=')) return undefined;
  // A proof of freshness is asked for every few seconds, whatever the steps do.
  if (target.includes('limit=')) return undefined;
  const what = /\/(jobs|pods|configmaps|events)\b/.exec(target)?.[1];
  return what === undefined ? undefined : `${method} ${what}`;
};

/** Counts them past the executors, between them and the API server. */
export async function countCalls(
  kubeconfig: string,
  sightings: Sightings,
  { replicas, steps }: { readonly replicas: number; readonly steps: number },
): Promise<Readonly<Record<Kind, Calls>>> {
  const upstream = await credentialSource({ kind: 'kubeconfig', file: kubeconfig })({ force: false });
  let counts = new Map<string, number>();
  const decide = (_: unknown, { method, target }: { readonly method: string; readonly target: string }) => {
    const name = about(method, target);
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
    return noFault;
  };
  const proxy = await startProxy({ upstream, decide });
  const access = { kind: 'fixed', server: proxy.url, token: 'nobody' } as const;
  const executors = await Promise.all(Array.from({ length: replicas }, () => startExecutorProcess(access)));
  const clients = executors.map(({ grpc }) => createClient(ExecutorService, grpc));
  const round3 = (n: number): number => round(n / steps);
  const of = async (kind: Kind): Promise<Calls> => {
    counts = new Map();
    for (let i = 0; i < steps; i += 1) {
      const client = clients[i % clients.length];
      if (client !== undefined) await submitOne(client.calls, sightings, kind);
    }
    return Object.fromEntries([...counts].sort().map(([name, n]) => [name, round3(n)]));
  };
  try {
    return { plain: await of('plain'), atMostOnce: await of('atMostOnce') };
  } finally {
    for (const client of clients) client.close();
    await Promise.all(executors.map(({ stop }) => stop()));
    await proxy.close();
  }
}
