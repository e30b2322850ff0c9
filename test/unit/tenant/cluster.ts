import type { RawObject } from '../../../src/job/raw.ts';
import type { HostSupport } from '../../../src/policy/egress.ts';
import { createEditors } from '../../../src/tenant/editors.ts';
import { type LiveObject, projectLive } from '../../../src/tenant/live-object.ts';
import { createMend } from '../../../src/tenant/mend.ts';
import type { TenantKind, TenantObject } from '../../../src/tenant/objects.ts';
import type { Applied, TenantStore } from '../../../src/tenant/ports.ts';
import { createReconciler, type Repair } from '../../../src/tenant/reconciler.ts';
import { createTenants } from '../../../src/tenant/tenants.ts';
import { createTenantView } from '../../../src/tenant/view.ts';

type Stored = { kind: TenantKind; metadata: Record<string, unknown> } & Record<string, unknown>;

/** A cluster in a map, whose calls can be made to fail; and a replica in front of it, whose view is what its own calls have returned. */
export function aReplica(hosts: () => HostSupport = () => 'no') {
  const objects = new Map<string, Stored>();
  const calls: string[] = [];
  const answers = new Map<string, (wanted: TenantObject) => Applied>();
  const told: { repairs: Repair[]; problems: string[] } = { repairs: [], problems: [] };
  let version = 0;
  const keyOf = (kind: string, name: string) => `${kind} ${name}`;
  const put = (object: object, kind: TenantKind, name: string): Stored => {
    const before = objects.get(keyOf(kind, name));
    version += 1;
    const stored = structuredClone(object) as Stored;
    const uid = before?.metadata.uid ?? `uid-${version}`;
    stored.metadata = { ...before?.metadata, ...stored.metadata, uid, resourceVersion: String(version) };
    objects.set(keyOf(kind, name), stored);
    return stored;
  };
  const raw = (object: Stored): RawObject => structuredClone(object) as RawObject;

  const store: TenantStore = {
    async get(kind, _, name) {
      const there = objects.get(keyOf(kind, name));
      return there && raw(there);
    },
    async createNamespace(namespace, { dryRun }) {
      const { kind, metadata } = namespace;
      if (objects.has(keyOf(kind, metadata.name))) return undefined;
      return dryRun ? (namespace as unknown as RawObject) : raw(put(namespace, kind, metadata.name));
    },
    async apply(wanted, { dryRun, version: asked }) {
      const id = keyOf(wanted.kind, wanted.metadata.name);
      calls.push(id);
      const answer = answers.get(id);
      if (answer !== undefined) return answer(wanted);
      const there = objects.get(id);
      if (asked !== undefined && there?.metadata.resourceVersion !== asked) return { kind: 'moved' };
      const object = dryRun ? (wanted as unknown as Stored) : put(wanted, wanted.kind, wanted.metadata.name);
      return { kind: 'stored', object: raw(object), created: there === undefined };
    },
    async deleteNamespace({ name }) {
      objects.delete(keyOf('Namespace', name));
      return 'gone';
    },
    notify: async () => undefined,
  };

  const view = createTenantView();
  const seen = (object: LiveObject) => view.apply({ type: 'there', object });
  const mend = createMend({ store, editors: createEditors({ now: () => 0 }), seen });
  const reconciler = createReconciler({
    prefix: 'glip-',
    hosts,
    view,
    store,
    mend,
    onRepair: (repair) => told.repairs.push(repair),
    onProblem: (_, problem) => told.problems.push(problem),
  });
  const tenants = createTenants({
    prefix: 'glip-',
    hosts,
    view,
    store,
    reconciler,
    mend,
    seen,
    look: () => undefined,
    now: () => 0,
  });
  const signal = new AbortController().signal;
  return {
    tenants,
    store,
    calls,
    answers,
    told,
    signal,
    objects,
    look: (namespace: string) => reconciler.reconcile(namespace, signal),
    /** Somebody else changes or removes an object, and the watch tells. */
    change(kind: TenantKind, name: string, edit: (object: Stored) => void) {
      const object = raw(objects.get(keyOf(kind, name))!) as Stored;
      edit(object);
      seen(projectLive(kind, raw(put(object, kind, name))));
    },
    remove(kind: TenantKind, name: string) {
      const object = objects.get(keyOf(kind, name))!;
      objects.delete(keyOf(kind, name));
      view.apply({ type: 'gone', object: projectLive(kind, raw(object)) });
    },
    annotationsOf: (name: string) =>
      objects.get(keyOf('Namespace', name))?.metadata.annotations as Record<string, string>,
  };
}
