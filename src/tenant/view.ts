import { hasReached } from '../lib/resource-version.ts';
import type { LiveObject } from './live-object.ts';
import type { TenantKind } from './objects.ts';

/** A change of one object, from a watch or from the answer to a call. */
export interface LiveChange {
  /** `restored`: from a store that went back; it is true, be its version lower. */
  readonly type: 'there' | 'gone' | 'restored';
  readonly object: LiveObject;
}

/** What is known of the objects of tenants. */
export interface TenantView {
  /** Takes over a change; what is older than what is known tells nothing. */
  apply(change: LiveChange): void;
  namespace(name: string): LiveObject | undefined;
  find(kind: TenantKind, namespace: string, name: string): LiveObject | undefined;
  namespaces(): Iterable<LiveObject>;
}

/** Of so many objects that are gone it is remembered, so that the answer to a call that comes late does not bring one back. */
const rememberedGone = 1_000;

const keyOf = (kind: TenantKind, namespace: string, name: string): string => `${kind}/${namespace}/${name}`;

export function createTenantView(): TenantView {
  const objects = new Map<string, LiveObject>();
  const namespaces = new Map<string, LiveObject>();
  /** By uid, in which version. One that has only lost its label comes back in a newer one. */
  const gone = new Map<string, string>();

  const put = (key: string, object: LiveObject): void => {
    objects.set(key, object);
    if (object.kind === 'Namespace') namespaces.set(object.name, object);
  };
  const drop = (key: string, { kind, name }: LiveObject): void => {
    objects.delete(key);
    if (kind === 'Namespace') namespaces.delete(name);
  };
  const went = ({ uid, version }: LiveObject): void => {
    gone.set(uid, version);
    const [oldest] = gone.keys();
    if (gone.size > rememberedGone && oldest !== undefined) gone.delete(oldest);
  };
  const isOld = ({ uid, version }: LiveObject, known: LiveObject | undefined): boolean =>
    [known?.uid === uid ? known.version : undefined, gone.get(uid)].some(
      (have) => have !== undefined && hasReached(have, version),
    );

  return {
    apply({ type, object }) {
      const key = keyOf(object.kind, object.namespace, object.name);
      const known = objects.get(key);
      if (type === 'gone') {
        went(object);
        // Another object of this name may be there already.
        if (known?.uid === object.uid) drop(key, object);
      } else if (type === 'restored' || !isOld(object, known)) put(key, object);
    },
    namespace: (name) => namespaces.get(name),
    find: (kind, namespace, name) => objects.get(keyOf(kind, namespace, name)),
    namespaces: () => namespaces.values(),
  };
}
