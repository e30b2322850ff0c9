import type { SeenMark } from '../step/step.ts';
import type { Life } from './life.ts';
import { annotation } from './metadata.ts';
import type { JobView } from './observation.ts';

/** The moments that the objects show beside the way. */
export function marks(
  job: JobView,
  { pod, incarnation }: Pick<Life, 'pod' | 'incarnation'>,
): readonly SeenMark[] {
  const seen: SeenMark[] = [];
  const accepted = Number(job.annotations[annotation.accepted]);
  if (Number.isSafeInteger(accepted) && accepted > 0)
    seen.push({ kind: 'ACCEPTED', incarnation: 0, time: accepted, observeTime: accepted, detail: '' });
  if (pod?.wasGated) {
    seen.push({ kind: 'GATED', incarnation, time: pod.view.createTime, detail: '' });
    if (!pod.view.gated) seen.push({ kind: 'UNGATED', incarnation, detail: '' });
  }
  return seen;
}
