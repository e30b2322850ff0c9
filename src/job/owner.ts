import type { ObjectRef } from '../step/step.ts';

/** Without `blockOwnerDeletion`, which needs more rights than we ask for. */
export const ownerOf = (job: ObjectRef) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  name: job.name,
  uid: job.uid,
  controller: false,
});
