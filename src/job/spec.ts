import type { Egress } from '../policy/egress.ts';
import type { Toleration } from '../policy/pools.ts';
import type { StepKey } from '../step/key.ts';
import type { SecretUse } from './secrets.ts';
import type { Timeouts } from './timeouts.ts';

/** What a step asks for, parsed and checked: all that the Job is made of. */
export interface StepSpec {
  readonly key: StepKey;
  readonly namespace: string;
  readonly invocationId: string;
  readonly agent: string;
  /** In full and with its digest, once it is resolved. */
  readonly image: string;
  /** What was asked for, where `image` is another text. */
  readonly requestedImage?: string;
  /** Whose signature the image has, for people. */
  readonly imageSignature?: string;
  /** The manifest, byte for byte as it will be mounted. */
  readonly manifestText: string;
  /** SHA-256 in hexadecimal over the canonical request. */
  readonly specHash: string;
  readonly resources: PodResources;
  readonly timeouts: Timeouts;
  readonly graceSeconds: number;
  readonly ttlSeconds: number;
  /** How long the record is held until it is acknowledged; undefined when it is not. */
  readonly retainSeconds?: number;
  /** A pod that is lost to a disruption is replaced; otherwise the step fails. */
  readonly replaceDisrupted: boolean;
  /** The cluster is asked not to evict its pod for its own convenience. */
  readonly uninterruptible: boolean;
  /** The process never starts twice: the pods are held by a gate until one of them is chosen. */
  readonly atMostOnce: boolean;
  /** Limit of the outputs' emptyDir, a quantity. */
  readonly outputsSize: string;
  /** Empty for the image's own. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly volumes: readonly VolumeSpec[];
  readonly secrets: readonly SecretUse[];
  /** What it may reach beside DNS; undefined for all that its tenant may. */
  readonly egress?: readonly Egress[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Artifact prefix of the first output; empty without any. */
  readonly outputUri: string;
  /** W3C trace context; no part of the spec's identity. */
  readonly trace: { readonly traceparent: string; readonly tracestate: string };
}

/** What the resource calculator found. */
export interface PodResources {
  readonly pool: string;
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
  readonly priorityClassName?: string;
}

export interface VolumeSpec {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly: boolean;
  readonly source:
    | { readonly kind: 'scratch'; readonly size: string }
    | { readonly kind: 'ephemeral'; readonly storageClass: string; readonly size: string }
    | { readonly kind: 'claim'; readonly claim: string };
}
