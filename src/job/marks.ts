import { oneLine } from '../lib/plain-text.ts';
import type { SeenForecast } from '../step/forecast.ts';
import type { SeenMark } from '../step/verdict.ts';
import { pulls } from './event-facts.ts';
import type { JobFacts } from './facts.ts';
import type { Life } from './life.ts';
import { annotation } from './metadata.ts';
import type { JobView } from './observation.ts';
import { isTime } from './plausible.ts';

/** The moments that the objects show beside the way. */
export function marks(
  job: JobView,
  facts: Pick<JobFacts, 'events' | 'pods'>,
  { pod, incarnation }: Pick<Life, 'pod' | 'incarnation'>,
  forecast: SeenForecast | 'over' | undefined,
): readonly SeenMark[] {
  const seen: SeenMark[] = [];
  const accepted = Number(job.annotations[annotation.accepted]);
  if (Number.isSafeInteger(accepted) && accepted > 0 && isTime(accepted))
    seen.push({ kind: 'ACCEPTED', incarnation: 0, time: accepted, observeTime: accepted, detail: '' });
  // A pod of a template with a gate was behind it, also where it was not seen to be.
  if (pod !== undefined && (pod.wasGated || job.startsOnce)) {
    seen.push({ kind: 'GATED', incarnation, time: pod.view.createTime, detail: '' });
    if (!pod.view.gated) seen.push({ kind: 'UNGATED', incarnation, detail: '' });
  }
  if (pod === undefined) return seen;
  if (forecast !== undefined && forecast !== 'over') {
    const { cause: detail, since } = forecast;
    seen.push({
      kind: 'DISRUPTION_EXPECTED',
      incarnation,
      detail,
      ...(since !== undefined && { time: since }),
    });
  }
  const { pulling, pulled } = pulls(facts, pod.view.uid);
  if (pulling) seen.push({ kind: 'PULLING', incarnation, time: pulling.time, detail: '' });
  if (pulled) {
    seen.push({ kind: 'PULLED', incarnation, time: pulled.time, detail: oneLine(pulled.message, 200) });
  }
  return seen;
}
