import type { ObjectRef } from '../step/step.ts';
import type { RawObject } from './project.ts';
import type { PatchOperation } from './stop.ts';

/** An API server's answer to a dry run. */
export interface DryRun {
  /** As the server would store it. */
  readonly object: RawObject;
  /** Its Warning headers. */
  readonly warnings: readonly string[];
}

/**
 * The cluster as the store of steps. Reads are consistent. Every method throws an ExecutorError that an RPC may end with; what a caller
 * must tell apart is in the answer.
 */
export interface StepStore {
  /** Undefined when an object of that name is there already. Throws TENANT_UNKNOWN where the namespace is missing. */
  createJob(namespace: string, job: object, signal: AbortSignal): Promise<RawObject | undefined>;
  dryRunJob(namespace: string, job: object, signal: AbortSignal): Promise<DryRun>;
  /** A quota that is used up is no refusal: the step would wait for it. */
  dryRunPod(namespace: string, pod: object, signal: AbortSignal): Promise<DryRun>;
  /** Undefined where there is none. */
  getJob(namespace: string, name: string, signal: AbortSignal): Promise<RawObject | undefined>;
  /** What is picked of each; nothing else is kept of them. */
  listJobs<T>(
    namespace: string,
    selector: string,
    pick: (job: RawObject) => T,
    signal: AbortSignal,
  ): Promise<readonly T[]>;
  /** `refused`: a test of the patch failed, or the object is gone or another by now. */
  patchJob(
    namespace: string,
    name: string,
    patch: readonly PatchOperation[],
    signal: AbortSignal,
    /** Which write goes first when the API server is slow: what ends a step, before what records or creates. */
    priority: 'cancel' | 'complete' | 'record' | 'create',
    /** Called with the API server's own words before `refused`, when it had any. */
    onRefused?: (words: string) => void,
  ): Promise<RawObject | 'refused'>;
  /** As patchJob; `refused`, too, where the pod is another by now. */
  patchPod(
    namespace: string,
    name: string,
    patch: readonly PatchOperation[],
    signal: AbortSignal,
    priority: 'cancel' | 'complete',
  ): Promise<RawObject | 'refused'>;
  /**
   * Tells a pod to stop within that time; 0 removes it without its node's word. Another pod of the name is left alone, and so is one that
   * is not at `version` any more. The pod as it is then; undefined when it is gone, or left alone.
   */
  deletePod(
    pod: ObjectRef,
    graceSeconds: number,
    signal: AbortSignal,
    version?: string,
  ): Promise<RawObject | undefined>;
  listPods(namespace: string, jobUid: string, signal: AbortSignal): Promise<readonly RawObject[]>;
  /** The Events about one object, by its uid. Etcd reads the whole namespace for it: to be used sparingly. */
  listEvents(namespace: string, uid: string, signal: AbortSignal): Promise<readonly RawObject[]>;
  /** Makes sure that the ConfigMap is there and owned by this Job. Idempotent. */
  ensureConfigMap(namespace: string, configMap: OwnedConfigMap, signal: AbortSignal): Promise<void>;
  /** Makes sure that it is there. Idempotent: its name is its Job's alone. */
  ensureOwned(namespace: string, object: OwnedObject, signal: AbortSignal): Promise<void>;
  /** Whether it could be made. */
  dryRunOwned(namespace: string, object: OwnedObject, signal: AbortSignal): Promise<DryRun>;
}

/** What stands beside a Job of a step and goes with it. */
export interface OwnedObject {
  readonly kind: 'PodDisruptionBudget' | 'NetworkPolicy' | 'CiliumNetworkPolicy';
}

export interface OwnedConfigMap {
  readonly metadata: {
    readonly name: string;
    readonly ownerReferences: readonly { readonly uid: string }[];
  };
}

/** Which part of a log is asked for; the answer has the time in front of each line. */
export interface LogRead {
  readonly container: string;
  /** The answer goes on until the container ends, or the connection does: nothing tells one from the other. */
  readonly follow: boolean;
  /** RFC 3339; the API server cuts it to the second. */
  readonly since?: string;
  readonly tailLines?: number;
  readonly limitBytes?: number;
}

/** Why there is no log: the container has not started; the pod, or its node, has none (any more); the executor may not read it. */
export type NoLog = 'not-started' | 'gone' | 'forbidden';

/** The logs of containers, as their nodes have them: the newest file of each. */
export interface LogStore {
  /** Throws UNAVAILABLE, also in the middle, where the API server or the node does not answer. Chunks come as they are taken. */
  openLog(
    pod: { readonly namespace: string; readonly name: string },
    read: LogRead,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Buffer> | NoLog>;
}
