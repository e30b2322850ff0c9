import type { RetryAdvice } from '../step/step.ts';
import { atDeadline, deadlinePassed } from './deadline.ts';
import { isDecided } from './decision.ts';
import { disruptionOf, shutdownOf } from './disruption.ts';
import { exitMeaning, signalOf } from './exit-codes.ts';
import type { PodView } from './observation.ts';
import {
  type EndCase,
  type Ended,
  endOfPod,
  failed,
  mayHaveStarted,
  stoppedBy,
  timedOut,
  withLastWait,
} from './outcome.ts';
import { type OutcomeReason, theirReason } from './outcome-reasons.ts';
import { condition, isLostPod } from './pod-conditions.ts';
import { isFinalPod } from './proof.ts';
import { isWaitingReason, waitingReasons } from './reasons.ts';
import { readReport } from './report.ts';
import { isWrongFormat, startError } from './start-error.ts';

/** `wait`: what explains the end is not there yet, and will come. Undefined: the rule has nothing to say. */
type Rule = (end: EndCase) => Ended | 'wait' | undefined;

/** From a pod whose end is proven: the first rule that speaks. Undefined while the cause is still to come. */
export function fromPod(end: EndCase): Ended | undefined {
  for (const rule of rules) {
    const said = rule(end);
    if (said !== undefined) return said === 'wait' ? undefined : said;
  }
  return byExitCode(end);
}

/** The node ended the pod, and says why: without a deletion, also after an exit 0. */
const endedByNode = ({ phase, reason }: PodView): boolean => phase === 'Failed' && reason !== '';

/** A deletion was under way when the container ended: the kill may be the cause. */
const deleted = ({ pod }: EndCase): boolean => pod.view.deleteTime !== undefined && !pod.endedAlone;

const disruption = ({ pod }: EndCase) => condition(pod.view.conditions, 'DisruptionTarget');

/** The exit code decides (GLIP.md); a report that says something else is told. */
const besides = {
  success: '',
  partial: ', with a partial result',
  failed: ' with exit code 0, although its report says that it failed',
} as const;

/** An exit 0 is a success unless a kill had begun; then only if the agent says so (DESIGN.md section 4). */
const success: Rule = (end) => {
  const { agent, pod } = end;
  if (agent?.exitCode !== 0 || agent.reason === 'OOMKilled') return undefined;
  const ownEnd = !deleted(end) && !endedByNode(pod.view);
  if (!ownEnd && readReport(agent.message).status !== 'success') return undefined;
  const { status } = readReport(agent.message);
  return endOfPod(end, 'SUCCEEDED', {
    reason: 'Completed',
    message: `The agent has finished${status === undefined ? '' : besides[status]}.`,
  });
};

/** Another pod was to follow when the Job was deleted: one that was made by then is taken away, and nobody may see how it ends. */
const deletedBetweenLives: Rule = (end) => {
  const { job, jobGone, pod } = end;
  if (!job.replaces || isDecided(job) || !(jobGone || job.deleteTime !== undefined)) return undefined;
  if (!isLostPod(pod.view)) return undefined;
  const message =
    'Somebody deleted the Job while a pod that was lost to a disruption was being replaced; the API server does not tell who.';
  return failed(end, { category: 'DISRUPTION', reason: 'JobDeleted', message, retry: 'SAME' });
};

/** The pod's phase, about a second after its container, says who killed it. */
const notYetExplained: Rule = (end) => {
  const { agent, pod } = end;
  if (agent === undefined || agent.reason === 'OOMKilled' || isFinalPod(pod)) return undefined;
  return signalOf(agent.exitCode) !== undefined || deleted(end) ? 'wait' : undefined;
};

const stopped: Rule = (end) => {
  if (end.stop === undefined || !(deleted(end) || end.proof !== 'reported')) return undefined;
  return isFinalPod(end.pod) ? stoppedBy(end.stop, end) : 'wait';
};

const outOfMemory: Rule = (end) => {
  if (end.agent?.reason !== 'OOMKilled') return undefined;
  const message =
    end.agent.exitCode === 0
      ? 'The kernel killed a process of the agent for memory, although the agent reported exit code 0.'
      : 'The agent was killed for memory: it reached its limit.';
  return failed(end, { category: 'RESOURCES', reason: 'OOMKilled', message, retry: 'MORE_RESOURCES' });
};

const nodeLost: Rule = (end) => {
  if (end.proof !== 'node-out-of-service') return undefined;
  const message = `The node ${end.pod.view.node} was declared out of service; how the agent ended there is not known.`;
  return failed(end, { category: 'DISRUPTION', reason: 'NodeLost', message, retry: 'ELSEWHERE' });
};

/** A mark without a kill after it explains nothing: an agent may fail by itself in between. */
const disrupted: Rule = (end) => {
  const mark = disruption(end);
  const killed =
    deleted(end) || endedByNode(end.pod.view) || signalOf(end.agent?.exitCode ?? 0) !== undefined;
  if (mark === undefined || !killed) return undefined;
  const { reason, message } = disruptionOf(mark, end.told);
  return failed(end, { category: 'DISRUPTION', reason, message: withLastWait(message, end), retry: 'SAME' });
};

/** What the kubelet writes as the pod's own reason. */
const endedByItsNode: Rule = (end) => {
  const { view } = end.pod;
  if (!endedByNode(view)) return undefined;
  const shutdown = shutdownOf(view);
  if (shutdown !== undefined) return failed(end, { category: 'DISRUPTION', ...shutdown, retry: 'SAME' });
  const { reason } = view;
  const message = view.message.trim() || 'The node ended the pod.';
  if (reason === 'Evicted')
    return failed(end, { category: 'RESOURCES', reason, message, retry: 'MORE_RESOURCES' });
  if (reason !== 'DeadlineExceeded')
    return failed(end, { ...unknownFailure, reason: theirReason(reason), message });
  const which = mayHaveStarted(end) ? 'RunTimeout' : 'StartTimeout';
  return timedOut(end, which, withLastWait('The pod reached its own deadline on its node.', end));
};

const initFailed: Rule = (end) => {
  const { failedInit } = end.pod.view;
  if (end.proof !== 'never-started' || failedInit === undefined) return undefined;
  const message = `Init container ${failedInit.name} failed with exit code ${failedInit.exitCode}.`;
  return failed(end, { category: 'PLATFORM', reason: 'InitFailed', message, retry: 'SAME' });
};

/** The Job controller says why it deletes pods: a moment after it has, and before it lets them go. */
const removed: Rule = (end) => {
  const { job, jobGone, superseded, pod } = end;
  if (!deleted(end) && !(end.proof === 'never-started' && pod.gone)) return undefined;
  const disrupts = (reason: OutcomeReason, message: string) =>
    failed(end, { category: 'DISRUPTION', reason, message: withLastWait(message, end), retry: 'SAME' });
  if (deadlinePassed(job)) {
    const { state, told } = atDeadline(job, mayHaveStarted(end));
    return endOfPod(end, state, { ...told, message: withLastWait(told.message, end) });
  }
  if (condition(job.conditions, 'Suspended') !== undefined) {
    return disrupts(
      'JobSuspended',
      'Somebody suspended the Job, which ends its pod; it will not be resumed.',
    );
  }
  if (jobGone || job.deleteTime !== undefined) {
    return disrupts('JobDeleted', 'Somebody deleted the Job; the API server does not tell who.');
  }
  if (!isDecided(job) && !superseded) return 'wait';
  return disrupts('PodDeleted', 'Somebody deleted the pod; the API server does not tell who.');
};

const notStarted: Rule = (end) => {
  const { agent, pod } = end;
  if (agent?.startTime !== undefined) return undefined;
  if (mayHaveStarted(end)) {
    const message = 'The node lost the container of the agent; how it ended is not known.';
    return failed(end, { category: 'PLATFORM', reason: 'ContainerLost', message, retry: 'ELSEWHERE' });
  }
  if (agent?.reason === 'StartError') return failed(end, startError(agent.message));
  const reason = agent?.reason || end.waited?.reason || 'PodFailed';
  const message =
    agent?.message || end.waited?.message || pod.view.message || 'The agent could not be started.';
  const { category, retry } = isWaitingReason(reason) ? waitingReasons[reason] : unknownFailure;
  return failed(end, { category, retry, reason: theirReason(reason), message });
};

/** What a node says in its own words. */
const unknownFailure = { category: 'PLATFORM', retry: 'ELSEWHERE' } as const;

/** In this order. */
const rules: readonly Rule[] = [
  success,
  deletedBetweenLives,
  notYetExplained,
  stopped,
  outOfMemory,
  nodeLost,
  disrupted,
  endedByItsNode,
  initFailed,
  removed,
  notStarted,
];

function byExitCode(end: EndCase): Ended {
  const code = end.agent?.exitCode ?? 0;
  const said = end.agent?.message ?? '';
  if (isWrongFormat(code, said)) return failed(end, startError(said));
  const { category, reason, retry, sentence } = exitMeaning(code);
  const { retriable, words } = readReport(said);
  const message = [`Exit code ${code}: ${sentence}.`, words].filter((s) => s !== '').join(' ');
  return failed(end, {
    category,
    reason,
    message,
    retry: category === 'AGENT' ? ownAdvice(retry, retriable) : retry,
  });
}

/** Of its own code the agent knows best; a delay that the exit code asks for stays. */
function ownAdvice(retry: RetryAdvice, retriable: boolean | undefined): RetryAdvice {
  if (retriable === undefined || (retriable && retry === 'LATER')) return retry;
  return retriable ? 'SAME' : 'NO';
}
