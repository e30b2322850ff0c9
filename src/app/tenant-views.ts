import { stepLabel, watchSelector } from '../job/metadata.ts';
import type { RawObject } from '../job/project.ts';
import { everyTenantObject } from '../kube/tenant-store.ts';
import type { Transport } from '../kube/transport-types.ts';
import type { HostSupport } from '../policy/egress.ts';
import { type LiveObject, projectLive } from '../tenant/live-object.ts';
import { tenantKinds } from '../tenant/objects.ts';
import type { LiveChange } from '../tenant/view.ts';
import { createBestEffort } from './best-effort.ts';
import { createHostPolicies, type HostPoliciesDeps } from './host-policies.ts';
import { createOtherPolicies } from './other-policies.ts';
import { proveView } from './prove-view.ts';
import type { View } from './view.ts';

export interface TenantViewsDeps {
  readonly transport: Pick<Transport, 'call' | 'stream'>;
  /** How old a view may be, in milliseconds. */
  readonly maxStalenessMs: number;
  readonly onChange: (change: LiveChange) => void;
  /** The NetworkPolicies of others in a namespace have changed. */
  readonly onOthers: (namespace: string) => void;
  readonly onError: (error: unknown, what: string) => void;
}

export interface TenantViews {
  /** All kinds were listed once. */
  readonly synced: Promise<void>;
  isSynced(): boolean;
  /** One of them is not there because it could not be read. */
  hasFailed(): boolean;
  /** An object that a call has returned: if the watch misses it, it is told when it is gone all the same. */
  met(object: LiveObject): void;
  /** Whether egress to hosts can be held here. */
  hosts(): HostSupport;
  /** That is known, or cannot be known now. */
  readonly hostsKnown: Promise<void>;
  /** Resolves when it can; rejects when stopped before. */
  readonly hostsHeld: Promise<void>;
  /** Names of the NetworkPolicies in a namespace that are not ours and allow something. */
  othersIn(namespace: string): readonly string[];
  /** Those whose age is proven. */
  readonly proven: readonly View[];
  start(): void;
  stop(): Promise<void>;
}

type Told = Parameters<HostPoliciesDeps['onDelta']>[0];

/** Steps have policies of their own, which come and go with them. */
const labelSelector = `${watchSelector},!${stepLabel}`;

/** Where something would be let in that is not allowed any more, if they were not true: what a tenant is, and what isolates it. */
const provenKinds = [
  ['Namespace', 'namespaces'],
  ['NetworkPolicy', 'networkpolicies'],
] as const;

/** Half as often as steps are proven: tenants change seldom, and nobody waits for them. */
const proveEveryMs = 10_000;

/** Follows the objects that tenants are made of, by our label, one view for each kind. */
export function createTenantViews(deps: TenantViewsDeps): TenantViews {
  const { transport, onChange, onError, maxStalenessMs } = deps;
  const tell = ({ type, object, resourceVersion, restored }: Told): void => {
    const current = { ...object, version: resourceVersion };
    if (type === 'deleted') return onChange({ type: 'gone', object: current });
    onChange({ type: restored ? 'restored' : 'there', object: current });
  };
  const views = tenantKinds.map((kind) => ({
    kind,
    reflector: createBestEffort<LiveObject>({
      transport,
      path: everyTenantObject(kind),
      labelSelector,
      project: (object) => projectLive(kind, object as RawObject),
      onDelta: tell,
      what: `each ${kind} of tenants`,
      without: {
        list: 'no step is taken until that works: grant the rights that glip-executor check names, or set tenants.management to off',
        watch:
          'what others change of them is neither seen nor mended until that works: grant the rights that glip-executor check names',
      },
      onError,
    }),
  }));
  const hosts = createHostPolicies({ transport, labelSelector, onDelta: tell, onError });
  const proven = provenKinds.flatMap(([kind, name]) =>
    views
      .filter((view) => view.kind === kind)
      .map(({ reflector }) => {
        const path = everyTenantObject(kind);
        // Its failures are those of the API server, of which the views of steps tell already.
        const freshness = proveView({
          transport,
          path,
          labelSelector,
          reflector,
          maxStalenessMs,
          intervalMs: proveEveryMs,
        });
        return { name, reflector, freshness };
      }),
  );
  const others = createOtherPolicies({ transport, onChange: deps.onOthers, onError });
  const synced = Promise.all(views.map((v) => v.reflector.synced)).then(() => undefined);
  // Who stops before, and never waits for it, must not meet an unhandled rejection.
  synced.catch(() => undefined);
  return {
    synced,
    isSynced: () => views.every((v) => v.reflector.status().synced),
    hasFailed: () =>
      views.map((v) => v.reflector.status()).some((s) => !s.synced && s.lastError !== undefined),
    met(object) {
      const { uid, name, namespace, version: resourceVersion, kind } = object;
      const id = { uid, name, namespace: kind === 'Namespace' ? '' : namespace, resourceVersion };
      if (kind === 'CiliumNetworkPolicy') hosts.met(object);
      else views.find((v) => v.kind === kind)?.reflector.meet(id, object);
    },
    hosts: hosts.support,
    hostsKnown: hosts.known,
    hostsHeld: hosts.held,
    othersIn: others.in,
    proven: proven.map(({ name, reflector, freshness }) => ({
      name,
      needed: false,
      status: reflector.status,
      ageMs: () => freshness.status().ageMs,
    })),
    start() {
      for (const { reflector } of views) reflector.start();
      for (const { reflector, freshness } of proven) reflector.synced.then(freshness.start, () => undefined);
      others.start();
      hosts.start();
    },
    async stop() {
      await Promise.all([
        others.stop(),
        hosts.stop(),
        ...proven.map((p) => p.freshness.stop()),
        ...views.map((v) => v.reflector.stop()),
      ]);
    },
  };
}
