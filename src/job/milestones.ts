import type { StepPhase, StepState } from '../step/state.ts';
import type { EpochMs } from '../step/step.ts';
import type { Milestone } from '../step/verdict.ts';
import type { JobFacts } from './facts.ts';
import type { Life } from './life.ts';
import type { JobView } from './observation.ts';
import { condition, stopTime } from './pod-conditions.ts';
import type { PodFacts } from './pod-facts.ts';
import type { Stop } from './stop.ts';
import { isOlder } from './version.ts';

/** Reasons of a waiting container that say that its image is there. */
const imageIsThere = [
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'StartError',
];

/**
 * The way of one life as far as the objects show it, in order, whatever was seen or missed of it in between: a pod that is seen
 * running for the first time has been scheduled before.
 */
export function milestones(
  job: JobView,
  facts: Pick<JobFacts, 'version' | 'gone'>,
  { pod, incarnation, history }: Pick<Life, 'pod' | 'incarnation' | 'history'>,
  stop: Stop | undefined,
): readonly Milestone[] {
  const path: Milestone[] = [];
  const begin = history?.timeline.at(-1)?.time ?? job.createTime;
  const reach = (phase: StepPhase, state: StepState, time: EpochMs | undefined, reason = '', message = '') =>
    path.push({
      incarnation,
      phase,
      state,
      time: time ?? path.at(-1)?.time ?? begin,
      reason,
      message,
    });

  reach('QUEUED', 'PENDING', begin, history?.reason, history?.message);
  const view = pod?.view;
  if (view !== undefined) {
    reach('SCHEDULING', 'PENDING', view.createTime);
    if (view.node !== '') {
      reach(
        'PULLING_IMAGE',
        'PENDING',
        condition(view.conditions, 'PodScheduled')?.time,
        'Scheduled',
        `node ${view.node}`,
      );
      if (pod?.startTime !== undefined) reach('RUNNING', 'RUNNING', pod.startTime, 'Started');
      else if (view.created || imageIsThere.includes(pod?.waited?.reason ?? '')) {
        reach('STARTING', 'PENDING', undefined);
      }
    }
  }
  const reached = path.at(-1)?.state ?? 'PENDING';
  if (stop !== undefined) reach('TERMINATING', 'CANCELLING', stop.time, stop.cause, stop.reason);
  else if (view?.deleteTime !== undefined && isUnasked(facts, pod)) {
    reach('TERMINATING', reached, stopTime(view), 'PodDeleted');
  }
  return path;
}

/**
 * Whether a pod's deletion was not asked for by a stop that this view of the Job is too old to show: the two are watched apart, and the
 * deletion may overtake its cause. The Job controller writes to the Job after each deletion, so a newer view comes soon.
 */
function isUnasked(
  { version, gone }: Pick<JobFacts, 'version' | 'gone'>,
  pod: PodFacts | undefined,
): boolean {
  if (gone || condition(pod?.view.conditions ?? [], 'DisruptionTarget') !== undefined) return true;
  return pod?.deletedIn !== undefined && isOlder(pod.deletedIn, version);
}
