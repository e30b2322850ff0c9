import type { HostSupport } from '../policy/egress.ts';
import { assess } from './assess.ts';
import { differences } from './differences.ts';
import { ownerOf } from './identity.ts';
import { type LiveObject, projectLive } from './live-object.ts';
import type { Mended } from './mend.ts';
import { type TenantObject, tenantAnnotation, tenantObjects } from './objects.ts';
import type { TenantStore } from './ports.ts';
import type { TenantSpec } from './spec.ts';
import { readSpec } from './spec-text.ts';
import type { Tenant } from './tenant.ts';
import type { TenantView } from './view.ts';

/** An object that somebody has changed or removed, and that is as described again. */
export interface Repair {
  readonly tenant: string;
  readonly namespace: { readonly name: string; readonly uid: string };
  readonly object: TenantObject;
  /** Fields; empty when it was missing. */
  readonly paths: readonly string[];
  readonly editors: readonly string[];
}

export interface ReconcilerDeps {
  readonly prefix: string;
  /** Whether hosts can be held here. */
  readonly hosts: () => HostSupport;
  readonly view: TenantView;
  readonly store: Pick<TenantStore, 'get'>;
  readonly mend: (wanted: TenantObject, signal: AbortSignal) => Promise<Mended>;
  readonly onRepair: (repair: Repair) => void;
  /** A problem that was not there before; it stands in the tenant until it is gone. */
  readonly onProblem: (tenant: string, problem: string) => void;
}

export interface Reconciler {
  /**
   * Looks at a namespace and all that its tenant is made of, and mends what is not as described. Level-based and idempotent: any replica, any
   * number of times. `again`: something changes at this moment. Throws what a call has thrown, when all the others were tried.
   */
  reconcile(namespace: string, signal: AbortSignal): Promise<'done' | 'again'>;
  /** The tenant of a namespace, by what is known; undefined where it is nobody's. */
  describe(namespace: LiveObject): Tenant | undefined;
}

/** What a replica remembers of a namespace; all of it can be had again from the cluster, but for what somebody has damaged. */
interface Remembered {
  readonly uid: string;
  readonly tenant: string;
  readonly text: string;
  readonly settled: boolean;
  readonly problems: readonly string[];
  /** By object: the version in which it could not be mended. It is tried again when it has changed. */
  readonly stuck: ReadonlyMap<string, { readonly version: string; readonly problem: string }>;
}

interface Claim {
  readonly tenant: string;
  readonly spec: TenantSpec;
  readonly text: string;
}

export function createReconciler(deps: ReconcilerDeps): Reconciler {
  const { prefix, view, store, mend } = deps;
  const memory = new Map<string, Remembered>();
  const rememberedOf = ({ name, uid }: LiveObject) => {
    const known = memory.get(name);
    return known?.uid === uid ? known : undefined;
  };

  /** The view loses sight of a namespace whose label somebody takes: it may be there all the same. */
  const namespaceNow = async (name: string, signal: AbortSignal): Promise<LiveObject | undefined> => {
    const known = view.namespace(name);
    if (known !== undefined) return known;
    const object = await store.get('Namespace', name, name, signal);
    return object && projectLive('Namespace', object);
  };

  const isThere = async ({ name, uid }: LiveObject, signal: AbortSignal): Promise<boolean> => {
    const object = await store.get('Namespace', name, name, signal);
    const now = object && projectLive('Namespace', object);
    return now?.uid === uid && now.deleteTime === undefined;
  };

  /** What the namespace says; what it does not say any more, as it was last. */
  const claimOf = (namespace: LiveObject, known: Remembered | undefined): Claim | undefined => {
    const tenant = ownerOf(namespace, prefix) ?? known?.tenant;
    if (tenant === undefined) return undefined;
    for (const text of [namespace.annotations[tenantAnnotation.spec], known?.text]) {
      const read = readSpec(text);
      if (read.ok && text !== undefined) return { tenant, spec: read.value, text };
    }
    return undefined;
  };

  const liveOf = ({ kind, metadata }: TenantObject): LiveObject | undefined =>
    view.find(kind, metadata.namespace ?? metadata.name, metadata.name);
  const isRight = (wanted: TenantObject, live: LiveObject | undefined): boolean =>
    live !== undefined && live.deleteTime === undefined && differences(wanted, live).length === 0;

  return {
    async reconcile(name, signal) {
      const namespace = await namespaceNow(name, signal);
      if (namespace === undefined) memory.delete(name);
      if (namespace === undefined || namespace.deleteTime !== undefined) return 'done';
      const known = rememberedOf(namespace);
      const claim = claimOf(namespace, known);
      if (claim === undefined) return 'done';
      const { tenant, text } = claim;
      const settled = known?.settled === true && known.text === text;
      const problems: string[] = [];
      const failures: unknown[] = [];
      const stuck = new Map<string, { version: string; problem: string }>();
      let again = false;
      for (const object of tenantObjects(prefix, tenant, claim.spec, text, deps.hosts())) {
        const id = nameOf(object);
        if (isRight(object, liveOf(object))) continue;
        const before = known?.text === text ? known.stuck.get(id) : undefined;
        if (before !== undefined && before.version === liveOf(object)?.version) {
          stuck.set(id, before);
          problems.push(before.problem);
          continue;
        }
        // Without an account no pod is made: it comes only when all that bounds them stands.
        if (object.kind === 'ServiceAccount' && problems.length > 0 && !settled) continue;
        try {
          const mended = await mend(object, signal);
          if (mended.kind === 'again') again = true;
          if (mended.kind === 'problem') {
            problems.push(mended.problem);
            stuck.set(id, { version: liveOf(object)?.version ?? '', problem: mended.problem });
          }
          if (mended.kind === 'mended' && (settled || mended.drifted)) {
            const { paths, editors } = mended;
            deps.onRepair({ tenant, namespace, object, paths, editors });
          }
        } catch (error) {
          signal.throwIfAborted();
          failures.push(error);
          problems.push(`${id}: ${messageOf(error)}`);
        }
      }
      // One that goes is not to be mended; its own watch may tell of that behind what goes with it.
      if (failures.length > 0 && !(await isThere(namespace, signal))) return 'done';
      for (const problem of problems) if (!known?.problems.includes(problem)) deps.onProblem(tenant, problem);
      const { uid } = namespace;
      const isSettled = settled || (problems.length === 0 && !again);
      memory.set(name, { uid, tenant, text, settled: isSettled, problems, stuck });
      if (failures.length > 0) throw failures[0];
      return again ? 'again' : 'done';
    },
    describe(namespace) {
      const known = rememberedOf(namespace);
      // Whose annotation somebody has taken is still the tenant's, and not as it is to be.
      const tenant = ownerOf(namespace, prefix) ?? known?.tenant;
      if (tenant === undefined) return undefined;
      const settled = known?.settled === true && known.text === namespace.annotations[tenantAnnotation.spec];
      return assess({ namespace, tenant, prefix, hosts: deps.hosts() }, view, {
        settled,
        problems: known?.problems ?? [],
      });
    },
  };
}

const nameOf = ({ kind, metadata }: TenantObject): string => `${kind} ${metadata.name}`;
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
