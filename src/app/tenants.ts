import type { Config } from '../config/schema.ts';
import { managedBy } from '../job/metadata.ts';
import { createTurns } from '../lib/turns.ts';
import { createSingleFlight } from '../observe/single-flight.ts';
import type { HostSupport } from '../policy/egress.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { TenantMetrics } from '../telemetry/tenant-metrics.ts';
import { createEditors } from '../tenant/editors.ts';
import { ownerOf } from '../tenant/identity.ts';
import type { LiveObject } from '../tenant/live-object.ts';
import { createMend } from '../tenant/mend.ts';
import type { TenantStore } from '../tenant/ports.ts';
import { createReconciler, type Reconciler, type Repair } from '../tenant/reconciler.ts';
import { createTenants, type Tenants } from '../tenant/tenants.ts';
import { createTenantView, type LiveChange } from '../tenant/view.ts';
import { widened } from '../tenant/widened.ts';

export interface TenantsParts {
  readonly config: Pick<Config, 'namespacePrefix'>;
  readonly store: TenantStore;
  /** Whether egress to hosts can be held here. */
  readonly hosts: () => HostSupport;
  readonly logger: Logger;
  readonly metrics: TenantMetrics;
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** Told of what calls have returned, for the views. */
  readonly met: (object: LiveObject) => void;
  /** Names of the NetworkPolicies of others in a namespace that allow something. */
  readonly othersIn: (namespace: string) => readonly string[];
  /** A namespace of ours is gone. */
  readonly onGone: (tenant: string) => void;
}

export interface RunningTenants {
  readonly tenants: Tenants;
  onChange(change: LiveChange): void;
  /** What `othersIn` says of a namespace has changed. */
  onOthers(namespace: string): void;
  /** The views are complete: what is not as described is mended from now on. */
  begin(): void;
  /** All tenants are looked at. */
  lookAtAll(): void;
}

const wide = "NetworkPolicies of others add to what a tenant's pods reach, or to who reaches them";
const narrow = "NetworkPolicies of others add nothing any more to what a tenant's pods reach";

/** The tenants of the cluster: what is known of them, and what keeps them as they are described. */
export function createRunningTenants(parts: TenantsParts): RunningTenants {
  const { store, logger, metrics, signal, now } = parts;
  const prefix = parts.config.namespacePrefix;
  const view = createTenantView();
  let begun = false;

  const seen = (object: LiveObject): void => {
    // What has lost our label is in no view, and its end would not be told.
    if (object.labels[managedBy.label] !== managedBy.value) return;
    view.apply({ type: 'there', object });
    parts.met(object);
  };

  const tell = ({ tenant, namespace, object, paths, editors }: Repair): void => {
    const { kind, metadata } = object;
    const what = paths.length === 0 ? 'was missing' : `was changed (${paths.join(', ')})`;
    const by = editors.length === 0 ? '' : ` by ${editors.map((e) => JSON.stringify(e)).join(', ')}`;
    const message = `${kind} ${metadata.name} ${what}${by}, and is as described again`;
    logger.warn(
      { tenant, namespace: namespace.name, kind, name: metadata.name, paths, editors },
      `tenant repaired: ${message}`,
    );
    metrics.repairs.inc({ kind });
    store
      .notify({ namespace, type: 'Warning', reason: 'TenantRepaired', message }, signal)
      .catch((err: unknown) => signal.aborted || logger.warn({ err }, 'the Event of a repair is lost'));
  };

  const mend = createMend({ store, editors: createEditors({ now }), seen });
  const kept = createReconciler({
    prefix,
    hosts: parts.hosts,
    view,
    store,
    mend,
    onRepair: tell,
    onProblem: (tenant, problem) => logger.warn({ tenant, problem }, 'a tenant is not as described'),
  });
  const reconciler: Reconciler = {
    ...kept,
    describe(namespace) {
      const tenant = kept.describe(namespace);
      return tenant && widened(tenant, parts.othersIn(tenant.namespace));
    },
  };
  const flights = createSingleFlight({
    signal,
    turns: createTurns({ signal, atOnce: 4 }),
    onError: (err, namespace) => logger.warn({ err, namespace }, 'keeping a tenant as described'),
  });
  const look = (namespace: string): void => {
    if (begun) flights.run(namespace, () => reconciler.reconcile(namespace, signal));
  };
  const tenants = createTenants({
    prefix,
    hosts: parts.hosts,
    view,
    store,
    reconciler,
    mend,
    seen,
    look,
    now,
  });
  metrics.measure(() =>
    tenants.list().map(({ state, namespace }) => ({ state, widened: parts.othersIn(namespace).length > 0 })),
  );

  /** By namespace: what was told last. */
  const told = new Map<string, string>();
  const tellOthers = (name: string): void => {
    const namespace = view.namespace(name);
    const tenant = begun && namespace !== undefined ? ownerOf(namespace, prefix) : undefined;
    const policies = tenant === undefined ? [] : parts.othersIn(name);
    const now = policies.join(' ');
    if (now === (told.get(name) ?? '')) return;
    if (now === '') told.delete(name);
    else told.set(name, now);
    // Of a namespace that is gone nobody wants to hear it.
    if (tenant !== undefined) logger.warn({ tenant, namespace: name, policies }, now === '' ? narrow : wide);
  };

  return {
    tenants,
    onChange(change) {
      view.apply(change);
      const { kind, namespace } = change.object;
      look(namespace);
      if (kind === 'Namespace') tellOthers(namespace);
      const tenant =
        kind === 'Namespace' && change.type === 'gone' ? ownerOf(change.object, prefix) : undefined;
      if (tenant !== undefined) parts.onGone(tenant);
    },
    begin() {
      begun = true;
      for (const { name } of view.namespaces()) {
        look(name);
        tellOthers(name);
      }
    },
    onOthers: tellOthers,
    lookAtAll() {
      for (const { name } of view.namespaces()) look(name);
    },
  };
}
