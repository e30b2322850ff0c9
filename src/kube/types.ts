import type {
  CoreV1Event,
  V1ConfigMap,
  V1Job,
  V1Namespace,
  V1Node,
  V1ObjectMeta,
  V1Pod,
  V1SelfSubjectAccessReview,
  V1ServiceAccount,
} from '@kubernetes/client-node';

/** The same shape as plain JSON: client-node's types say Date where the wire has a string, and nothing is readonly. */
export type Plain<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Plain<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Plain<T[Key]> }
      : T;

export type KubeObjectMeta = Plain<V1ObjectMeta>;
export type KubeJob = Plain<V1Job>;
export type KubePod = Plain<V1Pod>;
export type KubeConfigMap = Plain<V1ConfigMap>;
export type KubeEvent = Plain<CoreV1Event>;
export type KubeNamespace = Plain<V1Namespace>;
export type KubeNode = Plain<V1Node>;
export type KubeServiceAccount = Plain<V1ServiceAccount>;
export type KubeAccessReview = Plain<V1SelfSubjectAccessReview>;

/** Any object as it comes from a list or a watch. */
export type KubeObject = { readonly kind?: string; readonly metadata?: KubeObjectMeta };

/** One page of a list. */
export type KubeList<T> = {
  readonly metadata: {
    readonly resourceVersion?: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items: readonly T[];
};

/** What /version answers, as far as it matters. */
export type KubeVersion = { readonly major: string; readonly minor: string; readonly gitVersion: string };

/** One permission to ask for. */
export type AccessAttributes = {
  readonly verb: string;
  readonly group?: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
};

/** One step of an RFC 6902 patch. */
export type JsonPatchStep =
  | { readonly op: 'test' | 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };
