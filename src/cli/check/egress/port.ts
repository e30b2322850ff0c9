import type { CanaryPod } from './judge.ts';
import type { CanaryObject } from './objects.ts';
import type { KeptVerdict } from './verdict.ts';

/** A namespace of a check. */
export interface CanaryNamespace {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createTime: number;
}

/** What the canary does in a cluster. Each call rejects with an Error whose message a person can read. */
export interface CanaryPort {
  /** Those of all checks; one that goes is not among them. */
  namespaces(signal: AbortSignal): Promise<readonly CanaryNamespace[]>;
  create(namespace: string, object: CanaryObject, signal: AbortSignal): Promise<void>;
  /** Begins its end; of one that is gone, too, it is told that it goes. */
  deleteNamespace(name: string, signal: AbortSignal): Promise<void>;
  /** Tells of each pod of a namespace, now and whenever it changes, until it is stopped. */
  follow(namespace: string, onPod: (pod: CanaryPod) => void): { readonly stop: () => Promise<void> };
  /** Leaves it where every executor of the cluster finds it. */
  keep(verdict: KeptVerdict, signal: AbortSignal): Promise<void>;
  readonly now: () => number;
}
