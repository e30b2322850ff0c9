import type { FailureCategory, Outcome } from '../step/step.ts';
import type { outcomeReasons } from './outcome-reasons.ts';
import { isWaitingReason, waitingReasons } from './reasons.ts';

type OwnReason = (typeof outcomeReasons)[number];

const theAgent = 'Read its report and its output (glip logs); its owner can tell more.';
const theCommand = 'Correct the command of the step, or the image, and submit a new attempt.';
const moreTime = 'Give it more time, or less work, and submit a new attempt.';
const again = 'Nothing is wrong with the step: submit a new attempt.';

/** What would help against each end, in words for somebody who does not know Kubernetes. Empty where nothing is wrong. */
export const outcomeRemedies: Readonly<Record<OwnReason, string>> = {
  Completed: '',
  Cancelled: '',
  QueueTimeout:
    'Look at what it waited for. Submit a new attempt when there is room, with a longer queue timeout, or to another cluster.',
  StartTimeout:
    'Look at what it waited for. Submit a new attempt with a longer start timeout, or to another cluster.',
  RunTimeout: moreTime,
  TotalTimeout: moreTime,
  AgentFailed: theAgent,
  InputInvalid: 'Correct the inputs that the agent names, and submit a new attempt.',
  ChecksumMismatch: 'Fetch the input afresh, or correct its checksum, and submit a new attempt.',
  PermissionDenied: 'Grant the agent what it names, and submit a new attempt.',
  AgentTimeout: moreTime,
  ResourcesExhausted: 'Give the step more of what the agent names, and submit a new attempt.',
  OutputInvalid: "The agent's result breaks its own rules: tell its owner.",
  UpstreamFailed: 'Something outside failed: submit a new attempt when it is back.',
  ContainerError:
    'Submit a new attempt; if it happens again on one machine, tell the administrators of the cluster.',
  Killed:
    'Somebody or something on the machine ended it: submit a new attempt, and look at that machine if it happens again.',
  OOMKilled: 'Give the step more memory (spec.resources.memory), or less work, and submit a new attempt.',
  Evicted:
    'Give the step more disk (spec.resources.ephemeral_storage) if it wrote too much; then submit a new attempt.',
  CommandNotFound: theCommand,
  CommandNotExecutable: theCommand,
  WorkingDirectoryMissing: theCommand,
  StartError: theCommand,
  Preempted:
    'Work of a higher priority needed the room: submit a new attempt, with a higher priority if it must not happen.',
  Drained: again,
  NodeTainted: again,
  NodeShutdown: again,
  SpotReclaimed: 'Submit a new attempt; without "spot" if it must not happen again.',
  NodeLost: 'The machine is gone: submit a new attempt.',
  Disrupted: again,
  PodDeleted: 'Somebody deleted it by hand: find out who, and submit a new attempt.',
  JobDeleted: 'Somebody deleted it by hand: find out who, and submit a new attempt.',
  JobStopped: 'Somebody stopped it by hand: find out who, and submit a new attempt.',
  JobSuspended: 'Somebody suspended it by hand: find out who, and submit a new attempt.',
  InitFailed: 'The cluster puts a container before the agent that failed: tell its administrators.',
  ContainerLost: 'The machine lost it: submit a new attempt.',
  PodFailed: 'Submit a new attempt; tell the administrators of the cluster if it happens again.',
  JobFailed: 'Submit a new attempt; tell the administrators of the cluster if it happens again.',
  SuccessUnconfirmed: 'Check whether the outputs are whole: if not, submit a new attempt.',
  EndUnconfirmed:
    'It may still run. Before a new attempt make sure that its machine is back, or off for certain, unless running twice does no harm.',
  WaitingTooLong: 'Remove what it waited for, and submit a new attempt.',
};

const byCategory: Readonly<Partial<Record<FailureCategory, string>>> = {
  AGENT: theAgent,
  INPUT: outcomeRemedies.InputInvalid,
  IMAGE: 'Check the image of the step, and submit a new attempt.',
  TIMEOUT: moreTime,
  DISRUPTION: again,
  RESOURCES: 'Ask for more, or for less, as the message says, and submit a new attempt.',
};

/** What would help, by the reason of the outcome; one that others have worded, by its category. */
export function remedyOf({ reason, category }: Pick<Outcome, 'reason' | 'category'>): string {
  if (isWaitingReason(reason)) return waitingReasons[reason].remedy;
  const known = Object.hasOwn(outcomeRemedies, reason) ? outcomeRemedies[reason as OwnReason] : undefined;
  if (known !== undefined) return known;
  return category === undefined ? '' : (byCategory[category] ?? outcomeRemedies.PodFailed);
}
