import type { EpochMs, Waiting } from '../step/step.ts';
import type { JobView } from './observation.ts';
import type { PodFacts } from './pod-facts.ts';

/** Why a step that is not running yet waits, as far as its objects say it; undefined when it is on its ordinary way. */
export function waiting(
  job: JobView,
  pod: PodFacts | undefined,
  since: EpochMs,
  giveUpTime: EpochMs | undefined,
): Waiting | undefined {
  const why = cause(job, pod);
  if (why === undefined) return undefined;
  const { time, ...rest } = why;
  return { ...rest, since: time ?? since, ...(giveUpTime !== undefined && { giveUpTime }) };
}

interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly remedy: string;
  readonly time?: EpochMs | undefined;
}

const remedies: Readonly<Record<string, string>> = {
  ErrImagePull: 'Check that the image exists and that the cluster may pull it.',
  ImagePullBackOff: 'Check that the image exists and that the cluster may pull it.',
  InvalidImageName: 'Correct the image in spec.agent.image and submit a new attempt.',
  CreateContainerConfigError: 'Check the Secrets, ConfigMaps and the user of the image.',
};

function cause(job: JobView, pod: PodFacts | undefined): Cause | undefined {
  if (pod === undefined) {
    if (!job.suspended) return undefined;
    const time = job.conditions.find((c) => c.type === 'Suspended' && c.status === 'True')?.time;
    return {
      reason: 'Suspended',
      message: 'The Job is suspended.',
      remedy: 'Resume it, or cancel the step.',
      time,
    };
  }
  const { view } = pod;
  const scheduled = view.conditions.find((c) => c.type === 'PodScheduled');
  if (scheduled?.status === 'False') {
    const remedy =
      scheduled.reason === 'Unschedulable' ? 'Wait for capacity, ask for less, or choose another pool.' : '';
    return { reason: scheduled.reason, message: scheduled.message, remedy, time: scheduled.time };
  }
  if (view.agent?.kind !== 'waiting') return undefined;
  const { reason, message } = view.agent;
  if (reason === '' || reason === 'ContainerCreating' || reason === 'PodInitializing') return undefined;
  return { reason, message, remedy: remedies[reason] ?? '' };
}
