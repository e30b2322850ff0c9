import { isRecord } from '../json.ts';
import type { Job } from '../objects.ts';
import { defaultPodSpec } from './pod.ts';

const PREFIX = 'batch.kubernetes.io/';

/** Fills in what the API server fills in. The uid must be known: it is the selector. Changes the draft. */
export function defaultJob(job: Job): void {
  const { spec } = job;
  if (!isRecord(spec.template)) spec.template = { spec: { containers: [] } };
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= 6;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  spec.manualSelector ??= false;
  const metadata = spec.template.metadata ?? {};
  spec.template.metadata = metadata;
  if (!spec.manualSelector) {
    const { name, uid } = job.metadata;
    metadata.labels = {
      'job-name': name,
      [`${PREFIX}job-name`]: name,
      'controller-uid': uid,
      [`${PREFIX}controller-uid`]: uid,
      ...metadata.labels,
    };
    spec.selector = {
      ...spec.selector,
      matchLabels: { [`${PREFIX}controller-uid`]: uid, ...spec.selector?.matchLabels },
    };
  }
  // A Job without labels of its own shows its template's, the generated ones among them. A name too long for a label is told once.
  if (
    job.metadata.name.length <= 63 &&
    Object.keys(job.metadata.labels ?? {}).length === 0 &&
    metadata.labels !== undefined
  ) {
    job.metadata.labels = { ...metadata.labels };
  }
  if (isRecord(spec.template.spec)) defaultPodSpec(spec.template.spec);
}
