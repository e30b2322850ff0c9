import type { StepPhase } from './state.ts';
import type { EpochMs, Step, Transition } from './step.ts';

/** The order in which they happen within one incarnation: Kubernetes cuts its times to seconds, so the times alone do not tell. */
export const momentKinds = [
  'ACCEPTED',
  'JOB_CREATED',
  'POD_CREATED',
  'GATED',
  'UNGATED',
  'SCHEDULED',
  'PULLING',
  'PULLED',
  'STARTED',
  'DISRUPTION_EXPECTED',
  'TERMINATING',
  'FINISHED',
  'OBSERVED',
] as const;
export type MomentKind = (typeof momentKinds)[number];

/** When something happened, and when an executor saw it. */
export interface Moment {
  readonly kind: MomentKind;
  readonly incarnation: number;
  /** The cluster's clock, to the second where Kubernetes keeps no more. */
  readonly time: EpochMs;
  readonly observeTime: EpochMs;
  readonly detail: string;
}

const kindOf: Partial<Record<StepPhase, MomentKind>> = {
  QUEUED: 'JOB_CREATED',
  SCHEDULING: 'POD_CREATED',
  PULLING_IMAGE: 'SCHEDULED',
  RUNNING: 'STARTED',
  TERMINATING: 'TERMINATING',
  FINISHED: 'FINISHED',
};

/** Where a step's time went: its transitions and its marks in one row. */
export function momentsOf({ timeline, marks }: Pick<Step, 'timeline' | 'marks'>): readonly Moment[] {
  const row = [...timeline.flatMap(ofTransition), ...marks.filter((m) => !isForecast(m))];
  row.sort((a, b) => place(a) - place(b));
  for (const forecast of marks.filter(isForecast)) {
    const before = row.findLastIndex((other) => !isBehind(other, forecast));
    row.splice(before + 1, 0, forecast);
  }
  return row;
}

const place = ({ incarnation, kind }: Moment) => incarnation * momentKinds.length + momentKinds.indexOf(kind);

const isForecast = ({ kind }: Moment): boolean => kind === 'DISRUPTION_EXPECTED';

/** A forecast may come at any time before the end that it is of: it stands behind the last moment that was seen before it. */
function isBehind(other: Moment, forecast: Moment): boolean {
  if (other.incarnation !== forecast.incarnation) return other.incarnation > forecast.incarnation;
  if (other.observeTime !== forecast.observeTime) return other.observeTime > forecast.observeTime;
  return place(other) > place(forecast);
}

function ofTransition(transition: Transition): readonly Moment[] {
  const { phase, incarnation, time, observeTime, reason, message } = transition;
  const kind = kindOf[phase];
  // The Job is made once, whatever becomes of its pods.
  if (kind === undefined || (kind === 'JOB_CREATED' && incarnation > 0)) return [];
  const detail =
    phase === 'PULLING_IMAGE' ? message : phase === 'TERMINATING' || phase === 'FINISHED' ? reason : '';
  const moment = { kind, incarnation, time, observeTime, detail };
  if (kind !== 'FINISHED') return [moment];
  return [moment, { kind: 'OBSERVED', incarnation, time: observeTime, observeTime, detail: '' }];
}
