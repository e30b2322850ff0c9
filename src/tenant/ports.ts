import type { RawObject } from '../job/raw.ts';
import type { TenantKind, TenantObject } from './objects.ts';

/** Another owner of fields that an object is to have otherwise. */
export interface FieldOwner {
  readonly manager: string;
  /** It applies, too (server-side apply), and so will come back; else it has edited the object once. */
  readonly declares: boolean;
  readonly fields: readonly string[];
}

/**
 * `stored`: as it is now, and whether the call has made it. `owned`: others own fields that are to be otherwise. `moved`: the object is not
 * in the version any more that was asked for.
 */
export type Applied =
  | { readonly kind: 'stored'; readonly object: RawObject; readonly created: boolean }
  | { readonly kind: 'owned'; readonly owners: readonly FieldOwner[] }
  | { readonly kind: 'moved' };

export interface ApplyOptions {
  readonly signal: AbortSignal;
  /** Only this version of the object. */
  readonly version?: string;
  /** Takes the fields from whoever owns them. */
  readonly take?: boolean;
  readonly dryRun?: boolean;
}

/** An Event about a tenant's namespace. */
export interface TenantNotice {
  readonly namespace: { readonly name: string; readonly uid: string };
  readonly type: 'Normal' | 'Warning';
  /** PascalCase. */
  readonly reason: string;
  readonly message: string;
}

/** The cluster as the store of tenants. Reads are consistent. Every method throws an ExecutorError that an RPC may end with. */
export interface TenantStore {
  /** Undefined where there is none. */
  get(kind: TenantKind, namespace: string, name: string, signal: AbortSignal): Promise<RawObject | undefined>;
  /** Undefined when a namespace of that name is there. */
  createNamespace(
    namespace: TenantObject,
    options: Pick<ApplyOptions, 'signal' | 'dryRun'>,
  ): Promise<RawObject | undefined>;
  /** Server-side apply as the one field manager of tenants. Idempotent: what is so already is not written. */
  apply(object: TenantObject, options: ApplyOptions): Promise<Applied>;
  /** Begins the end of this namespace and all in it; the namespace as it is then. `gone`: or another by now. */
  deleteNamespace(
    namespace: { readonly name: string; readonly uid: string },
    signal: AbortSignal,
  ): Promise<RawObject | 'gone'>;
  /** Best effort: an Event that is not taken is lost. */
  notify(notice: TenantNotice, signal: AbortSignal): Promise<void>;
}
