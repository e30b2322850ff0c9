import type { RawObject } from '../job/project.ts';
import { list } from '../job/raw.ts';
import { ApiError, isNotFound } from '../kube/api-error.ts';
import { everyTenantObject } from '../kube/tenant-store.ts';
import type { Transport } from '../kube/transport-types.ts';
import type { HostSupport } from '../policy/egress.ts';
import { type LiveObject, projectLive } from '../tenant/live-object.ts';
import { createBestEffort } from './best-effort.ts';
import { createNowAndThen } from './now-and-then.ts';

export interface HostPoliciesDeps {
  readonly transport: Pick<Transport, 'call' | 'stream'>;
  readonly labelSelector: string;
  readonly onDelta: (delta: {
    readonly type: 'added' | 'updated' | 'deleted';
    readonly object: LiveObject;
    readonly resourceVersion: string;
    readonly restored?: boolean;
  }) => void;
  readonly onError: (error: unknown, what: string) => void;
}

/** CiliumNetworkPolicies of tenants, where the cluster has such a thing. */
export interface HostPolicies {
  support(): HostSupport;
  /** It is known whether they are there, or cannot be known now. */
  readonly known: Promise<void>;
  /** Resolves when they can be kept; rejects when stopped before. */
  readonly held: Promise<void>;
  met(object: LiveObject): void;
  start(): void;
  stop(): Promise<void>;
}

const kind = 'CiliumNetworkPolicy';
/** Cilium is seldom installed under a running executor. */
const everyMs = 60_000;

export function createHostPolicies({
  transport,
  labelSelector,
  onDelta,
  onError,
}: HostPoliciesDeps): HostPolicies {
  const stopping = new AbortController();
  let isThere: boolean | undefined;
  let started = false;
  let forbidden = false;
  const known = Promise.withResolvers<void>();
  const reflector = createBestEffort<LiveObject>({
    transport,
    path: everyTenantObject(kind),
    labelSelector,
    project: (object) => projectLive(kind, object as RawObject),
    onDelta,
    what: `each ${kind} of tenants`,
    without: 'egress to hosts is refused until that works: grant the rights that glip-executor check names',
    onError(error, what) {
      forbidden = error instanceof ApiError && error.status === 403;
      known.resolve();
      onError(error, what);
    },
  });
  reflector.synced.then(known.resolve, known.resolve);
  const discovery = createNowAndThen({
    everyMs,
    signal: stopping.signal,
    // An API server that does not answer is told of by others.
    onError: () => known.resolve(),
    async look(signal) {
      isThere = await hasKind(transport, signal);
      if (!isThere) known.resolve();
      if (isThere && !started) {
        started = true;
        reflector.start();
      }
    },
  });
  return {
    support() {
      if (isThere === undefined) return 'unknown';
      if (!isThere) return 'no';
      if (reflector.status().synced) return 'yes';
      return forbidden ? 'no' : 'unknown';
    },
    known: known.promise,
    held: reflector.synced,
    met(object) {
      const { uid, name, namespace, version: resourceVersion } = object;
      reflector.meet({ uid, name, namespace, resourceVersion }, object);
    },
    start: () => void discovery.start(),
    async stop() {
      stopping.abort(new Error('stopped'));
      known.resolve();
      await reflector.stop();
    },
  };
}

/** Whether the API server serves CiliumNetworkPolicies. */
async function hasKind(transport: Pick<Transport, 'call'>, signal: AbortSignal): Promise<boolean> {
  try {
    const { body } = await transport.call<RawObject>({ method: 'GET', path: '/apis/cilium.io/v2', signal });
    return list(body.resources).some((resource) => resource.kind === kind);
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
