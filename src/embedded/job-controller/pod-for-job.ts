import type { Job } from '../objects.ts';
import { TRACKING } from './job-state.ts';

/** The pod that a Job's template stands for, to be named by the API. */
export function podForJob(job: Job): Record<string, unknown> {
  const { name, uid, namespace } = job.metadata;
  const { metadata, spec } = job.spec.template;
  const owner = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  return {
    metadata: {
      ...metadata,
      generateName: `${name}-`,
      namespace,
      finalizers: [...(metadata?.finalizers ?? []), TRACKING],
      ownerReferences: [owner],
    },
    spec,
  };
}
