import { prefix } from '../job/metadata.ts';
import { list, type RawObject, record, strings, text, time } from '../job/raw.ts';
import { type TenantKind, tenantAnnotation } from './objects.ts';

/** What is kept of an object of a tenant. */
export interface LiveObject {
  readonly kind: TenantKind;
  readonly uid: string;
  readonly name: string;
  /** Of a Namespace its own name. */
  readonly namespace: string;
  readonly version: string;
  readonly createTime: number;
  readonly deleteTime: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Ours only. */
  readonly annotations: Readonly<Record<string, string>>;
  /** The parts that a tenant's object may have beside its metadata. */
  readonly parts: Readonly<Record<string, unknown>>;
  /** Of a ResourceQuota. */
  readonly used: Readonly<Record<string, string>>;
  /** Of a Namespace that goes: why it is still there. */
  readonly remains: readonly string[];
}

const partNames = ['spec', 'specs', 'automountServiceAccountToken', 'imagePullSecrets'];

export function projectLive(kind: TenantKind, object: RawObject): LiveObject {
  const metadata = record(object.metadata);
  const status = record(object.status);
  const ofNamespace = kind === 'Namespace';
  const kept = ofNamespace ? [] : partNames.filter((name) => object[name] !== undefined);
  const name = text(metadata.name);
  return {
    kind,
    uid: text(metadata.uid),
    name,
    namespace: ofNamespace ? name : text(metadata.namespace),
    version: text(metadata.resourceVersion),
    createTime: time(metadata.creationTimestamp) ?? 0,
    deleteTime: time(metadata.deletionTimestamp),
    labels: strings(metadata.labels),
    annotations: Object.fromEntries(
      Object.entries(strings(metadata.annotations)).filter(([key]) => key.startsWith(prefix)),
    ),
    parts: Object.fromEntries(kept.map((part) => [part, object[part]])),
    used: kind === 'ResourceQuota' ? strings(status.used) : {},
    remains: ofNamespace
      ? list(status.conditions)
          .filter((c) => c.status === 'True')
          .map((c) => text(c.message))
      : [],
  };
}

/** The tenant that an object says it belongs to. */
export const tenantOf = ({ annotations }: Pick<LiveObject, 'annotations'>): string | undefined =>
  annotations[tenantAnnotation.tenant];
