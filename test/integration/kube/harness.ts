import { onTestFinished } from 'vitest';
import { createCredentialCache } from '../../../src/kube/credentials.ts';
import { credentialSource } from '../../../src/kube/kubeconfig.ts';
import { createReflector, type Reflector, type ReflectorDeps } from '../../../src/kube/reflector.ts';
import { createTransport, type TransportDeps } from '../../../src/kube/transport.ts';
import type { Transport } from '../../../src/kube/transport-types.ts';
import type { KubeObject } from '../../../src/kube/types.ts';
import { type MisbehavingServer, startMisbehavingServer } from '../../support/misbehaving-server/server.ts';

export const JOBS = '/apis/batch/v1/jobs';

/** A server for the running test. */
export async function aServer(
  options?: Parameters<typeof startMisbehavingServer>[0],
): Promise<MisbehavingServer> {
  const server = await startMisbehavingServer(options);
  onTestFinished(() => server.close());
  return server;
}

/** A transport to that server. */
export function aTransport(
  server: Pick<MisbehavingServer, 'url'>,
  deps: Partial<TransportDeps> = {},
): Transport {
  const source = credentialSource({ kind: 'fixed', server: server.url, token: 'secret-token' });
  const transport = createTransport({
    credentials: createCredentialCache({ source }),
    random: () => 0.5,
    retry: { reconnectMs: 1 },
    ...deps,
  });
  onTestFinished(() => transport.destroy());
  return transport;
}

export type Watched = {
  readonly reflector: Reflector<string>;
  /** What was told, as in `added a@1`; deletions and such from a list end in `(list)`. */
  readonly told: readonly string[];
  readonly errors: readonly string[];
  readonly names: () => readonly string[];
};

/** A reflector on jobs that is running, with the default delays scaled down so that no test waits. */
export function aReflector(server: MisbehavingServer, deps: Partial<ReflectorDeps<string>> = {}): Watched {
  const told: string[] = [];
  const errors: string[] = [];
  const reflector = createReflector<string>({
    transport: aTransport(server),
    path: JOBS,
    random: () => 0.5,
    project: (object: KubeObject) => `${object.metadata?.name}@${object.metadata?.resourceVersion}`,
    onDelta: ({ type, object, uid, name, source }) => {
      const other = uid === `uid-${name}` ? '' : ` ${uid}`;
      told.push(`${type} ${object}${other}${source === 'list' ? ' (list)' : ''}`);
    },
    onError: (error) => void errors.push(String(error)),
    ...deps,
    tuning: { baseMs: 2, capMs: 10, ...deps.tuning },
  });
  reflector.start();
  onTestFinished(() => reflector.stop());
  return { reflector, told, errors, names: () => [...reflector.values()].toSorted() };
}
