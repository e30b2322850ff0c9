/** Prefix of the pod annotations by which a test says how the fake kubelet plays a pod. */
export const annotationPrefix = 'test.glip.dev/';

/** The annotations, without their prefix. Every value is a string; durations are milliseconds. */
export type BehaviourKey =
  | 'pull-ms'
  | 'run-ms'
  | 'gap-ms'
  | 'term-ms'
  | 'delete-ms'
  | 'exit-code'
  | 'terminated-reason'
  | 'message'
  | 'hang'
  | 'others-hang'
  | 'term-exit-code'
  | 'term-message'
  | 'image-error'
  | 'image-message'
  | 'unresponsive';

/** What a pod does that does not say otherwise. */
export interface BehaviourDefaults {
  /** From the kubelet's acknowledgement to the container's start. */
  readonly pullMs: number;
  /** From the container's start to its end. */
  readonly runMs: number;
  /** From the container's end to the pod's phase; 1200 on a real node. */
  readonly gapMs: number;
  /** From the deletion to the end of the pod; the grace period cuts it short, with exit code 137. */
  readonly termMs: number;
  /** From the final phase of a deleted pod to its removal. */
  readonly deleteMs: number;
}

export const defaultBehaviour: BehaviourDefaults = {
  pullMs: 0,
  runMs: 50,
  gapMs: 20,
  termMs: 20,
  deleteMs: 20,
};

/** Annotations for a pod template, e.g. `behaviour({ 'run-ms': 500, 'exit-code': 3 })`. */
export function behaviour(
  wish: Partial<Record<BehaviourKey, string | number | boolean>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(wish).map(([key, value]) => [annotationPrefix + key, String(value)]),
  );
}
