import type { ObjectRef } from '../step/step.ts';
import { annotation, jobUidLabel, ownLabels, printKey } from './metadata.ts';
import { shortHash } from './names.ts';
import { ownerOf } from './owner.ts';
import type { StepSpec } from './spec.ts';

/** What the autoscalers read on the pod of a step that is not interruptible. */
export const keptByAutoscalers = {
  'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
  'karpenter.sh/do-not-disrupt': 'true',
} as const;

/**
 * Has the Eviction API refuse the pod of one Job (429), as long as it runs. `minAvailable: 1`, as Job pods have no scale that percentages and
 * `maxUnavailable` could count from: those hold only by failing (KUBERNETES.md section 2c). Its name is the Job's own, by uid: who makes it
 * again makes the same.
 */
export function toBudget({ key, agent, namespace }: StepSpec, job: ObjectRef) {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget' as const,
    metadata: {
      name: `${job.name}-${shortHash(job.uid).slice(0, 8)}`,
      namespace,
      labels: ownLabels(key, agent),
      annotations: { [annotation.key]: printKey(key) },
      ownerReferences: [ownerOf(job)],
    },
    spec: { minAvailable: 1, selector: { matchLabels: { [jobUidLabel]: job.uid } } },
  };
}
