import { annotation } from '../../../src/job/metadata.ts';
import type { ClusterAccess } from '../../../src/kube/cluster-access.ts';
import { credentialSource } from '../../../src/kube/kubeconfig.ts';
import type { Tally } from '../load/tally.ts';
import { type Fault, noFault } from '../proxy/fault.ts';
import { startProxy } from '../proxy/proxy.ts';
import type { Random } from '../random.ts';

/** The way of one executor to its API server, on which it may die. */
export interface DeadlyAccess {
  readonly access: ClusterAccess;
  /** How to kill whoever uses it now. */
  readonly aim: (kill: () => void) => void;
  /** Nobody dies of it any more. */
  readonly disarm: () => void;
  readonly close: () => Promise<void>;
}

/** Kills an executor at every `share`-th write of the protocol: before the API server hears of it, or when it has done it. */
export async function openDeadlyAccess(
  access: ClusterAccess,
  { random, share, tally }: { readonly random: Random; readonly share: number; readonly tally: Tally },
): Promise<DeadlyAccess> {
  let kill: (() => void) | undefined;
  let armed = true;
  const decide = (request: {
    readonly method: string;
    readonly target: string;
    readonly body: Buffer;
  }): Fault => {
    const write = writeOf(request);
    if (write === undefined || kill === undefined || !armed || random.next() >= share) return noFault;
    const before = random.next() < 0.5;
    tally.count(`kills: ${before ? 'before' : 'after'} a pod is ${write}`);
    kill();
    kill = undefined;
    return { ...noFault, kind: before ? 'stall' : 'stall-answer' };
  };
  const upstream = await credentialSource(access)({ force: false });
  const proxy = await startProxy({ upstream, decide: (_kind, request) => decide(request) });
  return {
    // The proxy speaks for whoever asks.
    access: { kind: 'fixed', server: proxy.url, token: 'nobody' },
    aim: (deed) => (kill = deed),
    disarm: () => (armed = false),
    close: proxy.close,
  };
}

function writeOf({ method, target, body }: { method: string; target: string; body: Buffer }) {
  if (method !== 'PATCH') return undefined;
  if (target.includes('/pods/')) return 'opened';
  return body.includes(annotation.chosenPod.replace('/', '~1')) ? 'chosen' : undefined;
}
