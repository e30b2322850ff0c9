import type { EpochMs } from '../step/step.ts';
import type { EventView } from './event-view.ts';
import type { NodeView } from './node-view.ts';
import type { TolerationView } from './tolerations.ts';

/** The few fields of a condition that are read. */
export interface ConditionView {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly time: EpochMs | undefined;
}

/** A Job, cut down to what `classify` needs: about 0.5 KiB instead of 9 to 17. */
export interface JobView {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly createTime: EpochMs;
  readonly deleteTime: EpochMs | undefined;
  /** Where our finalizer stands among the Job's; absent when it does not. */
  readonly heldAt?: number;
  /** Only ours. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Only the caller's. */
  readonly labels: Readonly<Record<string, string>>;
  readonly image: string;
  readonly graceSeconds: number;
  readonly suspended: boolean;
  /** It is suspended, and has been since its creation: it cannot have had a pod. */
  readonly bornSuspended?: true;
  /** Its policy replaces a pod that is lost to a disruption. */
  readonly replaces: boolean;
  /** Its pods are held by our gate, and one of them may start; absent of others. */
  readonly startsOnce?: true;
  readonly deadlineSeconds: number | undefined;
  readonly startTime: EpochMs | undefined;
  readonly conditions: readonly ConditionView[];
  /** Pods that ended badly, as the Job controller counted them. */
  readonly failed: number;
  readonly succeeded: number;
}

export type ContainerState =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message: string }
  | { readonly kind: 'running'; readonly startTime: EpochMs | undefined }
  | {
      readonly kind: 'terminated';
      readonly exitCode: number;
      readonly signal: number | undefined;
      readonly reason: string;
      readonly message: string;
      /** Undefined when the process never started. */
      readonly startTime: EpochMs | undefined;
      readonly endTime: EpochMs | undefined;
    };

/** An init container that ended badly: the agent's container will not start. */
export interface FailedInit {
  readonly name: string;
  readonly exitCode: number;
  readonly message: string;
  readonly endTime: EpochMs | undefined;
}

export interface PodView {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly jobUid: string;
  readonly createTime: EpochMs;
  readonly deleteTime: EpochMs | undefined;
  readonly deleteGraceSeconds: number;
  readonly phase: string;
  readonly reason: string;
  readonly message: string;
  readonly node: string;
  /** By whatever gate. */
  readonly gated: boolean;
  /** Where our gate stands among the pod's; absent when it does not. */
  readonly gateAt?: number;
  readonly conditions: readonly ConditionView[];
  /** The agent's container; undefined while its node has said nothing about it. */
  readonly agent: ContainerState | undefined;
  /** Whether the node has made the agent's container; its process may have started then. */
  readonly created: boolean;
  /** With its digest, once the node has pulled it. */
  readonly imageId: string;
  readonly failedInit: FailedInit | undefined;
  /** Names of other containers that run: a sidecar may keep the pod alive when the agent has ended. */
  readonly running: readonly string[];
  /** The first init container, or sidecar before the agent, that waits for more than its turn. */
  readonly heldBy: HeldBy | undefined;
  /** What the pod asks of a node; only while no node is found for it. */
  readonly asks: NodeWish | undefined;
  /** What keeps it on a node that pushes pods away. */
  readonly tolerations: readonly TolerationView[];
}

export interface HeldBy {
  readonly name: string;
  readonly reason: string;
  readonly message: string;
}

export interface NodeWish {
  /** By resource, of all its containers: `cpu` to the quantities. */
  readonly requests: Readonly<Record<string, readonly string[]>>;
  readonly nodeSelector: Readonly<Record<string, string>>;
}

/**
 * One fact about one Job. `gone` objects carry their last known view. `restored`: the cluster's store went back, and this is what is true
 * now, whatever versions were known.
 */
export type Observation =
  | { readonly kind: 'job'; readonly job: JobView; readonly version: string; readonly restored?: true }
  /** The version is that of the deletion, where it was watched. */
  | { readonly kind: 'job-gone'; readonly jobUid: string; readonly version?: string }
  | { readonly kind: 'pod'; readonly pod: PodView; readonly version: string; readonly restored?: true }
  | { readonly kind: 'pod-gone'; readonly pod: PodView; readonly version: string }
  /** Events of the Job and of its pods; as many as came together, never all that there are. */
  | { readonly kind: 'events'; readonly jobUid: string; readonly events: readonly EventView[] }
  /** The end of the agent's output in one pod. Untrusted. */
  | { readonly kind: 'log-tail'; readonly jobUid: string; readonly podUid: string; readonly text: string }
  /** What is to be said of the node of one of its pods, or that there is nothing to say of it any more. */
  | { readonly kind: 'node'; readonly jobUid: string; readonly node: NodeView }
  /** The API server takes no record of the end, in its own words. */
  | { readonly kind: 'unrecordable'; readonly jobUid: string; readonly why: string }
  /** One consistent read has found no pod of this Job beside those that were observed. */
  | { readonly kind: 'no-more-pods'; readonly jobUid: string };

export const agentContainer = 'agent';
