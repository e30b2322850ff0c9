import { differences } from './differences.ts';
import type { Editors } from './editors.ts';
import { type LiveObject, projectLive } from './live-object.ts';
import { type TenantObject, tenantAnnotation } from './objects.ts';
import type { FieldOwner, TenantStore } from './ports.ts';

export interface MendDeps {
  readonly store: Pick<TenantStore, 'get' | 'apply'>;
  readonly editors: Editors;
  /** Told of each object that a call has returned. */
  readonly seen: (object: LiveObject) => void;
}

/** What became of one object. */
export type Mended =
  | { readonly kind: 'right' }
  | {
      readonly kind: 'mended';
      /** Empty when it was missing. */
      readonly paths: readonly string[];
      /** It was made from this same description: somebody has changed it since. */
      readonly drifted: boolean;
      /** Whose edit was taken back. */
      readonly editors: readonly string[];
    }
  /** People must settle it. */
  | { readonly kind: 'problem'; readonly problem: string }
  /** It changes at this moment. */
  | { readonly kind: 'again' };

/** Makes one object as it is to be, by a consistent read and one apply of the version that was read. Doing it twice changes nothing. */
export function createMend({ store, editors, seen }: MendDeps) {
  return async (wanted: TenantObject, signal: AbortSignal): Promise<Mended> => {
    const { kind, metadata } = wanted;
    const object = await store.get(kind, metadata.namespace ?? metadata.name, metadata.name, signal);
    const live = object && projectLive(kind, object);
    if (live !== undefined) seen(live);
    // A namespace that is gone is a tenant that is gone; and what goes must go before another can be made.
    if (live === undefined ? kind === 'Namespace' : live.deleteTime !== undefined) return { kind: 'again' };
    const paths = live === undefined ? [] : differences(wanted, live);
    if (live !== undefined && paths.length === 0) return { kind: 'right' };
    const options = { signal, ...(live && { version: live.version }) };
    let applied = await store.apply(wanted, options);
    let taken: readonly FieldOwner[] = [];
    if (applied.kind === 'owned' && editors.mayTake(live?.uid ?? '', applied.owners)) {
      taken = applied.owners;
      applied = await store.apply(wanted, { ...options, take: true });
    }
    if (applied.kind === 'moved') return { kind: 'again' };
    if (applied.kind === 'owned') return { kind: 'problem', problem: ownedBy(wanted, applied.owners) };
    const now = projectLive(kind, applied.object);
    seen(now);
    const left = differences(wanted, now);
    if (left.length > 0) {
      const what = `cannot be made as described: ${left.join(', ')}; see what changes it on its way (admission), or edit it back`;
      return { kind: 'problem', problem: `${kind} ${metadata.name}: ${what}` };
    }
    // Another replica was quicker, and tells of it.
    if (live === undefined && !applied.created) return { kind: 'right' };
    const drifted = live !== undefined && isMadeFrom(live, wanted);
    return { kind: 'mended', paths, drifted, editors: [...new Set(taken.map(({ manager }) => manager))] };
  };
}

const isMadeFrom = (live: LiveObject, { kind, metadata }: TenantObject): boolean => {
  const key = kind === 'Namespace' ? tenantAnnotation.spec : tenantAnnotation.madeFrom;
  return live.annotations[key] === metadata.annotations[key];
};

export function ownedBy({ kind, metadata }: TenantObject, owners: readonly FieldOwner[]): string {
  const each = owners.map(({ manager, fields }) => `${JSON.stringify(manager)} owns ${fields.join(', ')}`);
  return `${kind} ${metadata.name}: another owner wants it otherwise and is not fought: ${each.join('; ')}; make the two agree, or take the field from one of them`;
}
