import type { End, EpochMs, Outcome } from '../step/step.ts';
import { atDeadline, deadlinePassed } from './deadline.ts';
import { exitMeaning, signalOf } from './exit-codes.ts';
import type { JobFacts } from './facts.ts';
import type { JobView } from './observation.ts';
import { chosenUid, neverChose } from './one-start.ts';
import { type Told as OrderedTold, orderedEnd, waitSentence } from './ordered-end.ts';
import type { Ended } from './outcome.ts';
import { theirReason } from './outcome-reasons.ts';
import { condition } from './pod-conditions.ts';
import type { PodFacts } from './pod-facts.ts';
import { isHeldBack } from './retain.ts';
import type { Stop } from './stop.ts';
import { lastWaiting } from './waiting.ts';

type Told = Partial<Outcome> & Pick<OrderedTold, 'reason' | 'message'>;

/** From a Job whose pods are gone without a proof, or never were. Undefined while the Job says nothing of an end. */
export function fromJob(
  job: JobView,
  facts: JobFacts,
  pod: PodFacts | undefined,
  stop: Stop | undefined,
): Ended | undefined {
  const complete = condition(job.conditions, 'Complete');
  const failure = condition(job.conditions, 'Failed');
  if (complete !== undefined) {
    return successUnconfirmed(complete.time ?? job.createTime);
  }
  const time = failure?.time ?? job.deleteTime ?? job.createTime;
  if (failure !== undefined)
    return (
      withExitCode(failure.message, time) ?? withoutPod(job, facts, pod, stop, time) ?? unconfirmed(pod, time)
    );
  if (!facts.gone && !isHeldBack(job)) return undefined;
  if (pod !== undefined) return unconfirmed(pod, time);
  const message =
    'The Job was deleted, and no pod of it was seen; the API server does not tell who deleted it.';
  return end('FAILED', time, { category: 'DISRUPTION', reason: 'JobDeleted', message, retry: 'SAME' });
}

/** A Job is complete, too, when its pod was evicted or deleted and the agent ended that with an exit 0 (KUBERNETES.md section 2c). */
function successUnconfirmed(time: EpochMs): Ended {
  const message =
    'The Job is complete, so the agent ended with exit code 0; its pod was gone before it could be read, and whether the agent had finished or was stopped is not known.';
  return end('FAILED', time, {
    category: 'PLATFORM',
    reason: 'SuccessUnconfirmed',
    message,
    retry: 'SAME',
    exitCode: 0,
    exitMeaning: 'success',
  });
}

/** The Job controller writes the agent's exit code into the condition, once it has seen the pod's end. */
function withExitCode(said: string, time: EpochMs): Ended | undefined {
  const text = /failed with exit code (\d{1,3}) matching/.exec(said)?.[1];
  if (text === undefined) return undefined;
  const exitCode = Number(text);
  const { category, reason, retry, sentence, name } = exitMeaning(exitCode);
  const base = { reason, retry, exitCode, exitMeaning: name };
  const signal = signalOf(exitCode);
  // Kubernetes writes 137 for a container that it has lost, too.
  if (signal !== undefined) {
    const message = `The Job says exit code ${exitCode}; the pod was gone before it could be read.`;
    return end('FAILED', time, { ...base, category: 'PLATFORM', message, signal });
  }
  const message = `Exit code ${exitCode}: ${sentence}. The pod was gone before it could be read.`;
  return end('FAILED', time, { ...base, category, message });
}

/**
 * A Job that has failed, and by its controller's own count never had a pod; or held them all by a gate, and chose none of them. A suspended
 * Job's pods are not counted, nor is one that somebody has taken from it.
 */
function withoutPod(
  job: JobView,
  facts: JobFacts,
  pod: PodFacts | undefined,
  stop: Stop | undefined,
  time: EpochMs,
): Ended | undefined {
  const suspended = job.conditions.some((c) => c.type === 'Suspended');
  const none = pod === undefined && job.failed + job.succeeded === 0 && chosenUid(job) === undefined;
  if (suspended || !(none || neverChose(job, pod))) return undefined;
  const never = { mayHaveStarted: false };
  const waited = lastWaiting(job, facts, pod);
  if (stop !== undefined) {
    const { state, told } = orderedEnd(stop, false, waited);
    return end(state, time, { ...told, ...never });
  }
  if (deadlinePassed(job)) {
    const { state, told } = atDeadline(job, false);
    return end(state, time, { ...told, message: told.message + waitSentence(waited), ...never });
  }
  const { reason = '', message = '' } = condition(job.conditions, 'Failed') ?? {};
  return end('FAILED', time, {
    category: 'PLATFORM',
    reason: reason === '' ? 'JobFailed' : theirReason(reason),
    message,
    retry: 'SAME',
    ...never,
  });
}

/** The end of a pod's process was not seen. */
export function unconfirmed(pod: PodFacts | undefined, time: EpochMs): Ended {
  const mark = pod && condition(pod.view.conditions, 'DisruptionTarget');
  const why =
    mark?.reason === 'DeletionByPodGC' ? 'The Node object of the pod was deleted' : 'The pod is gone';
  const message = `${why}, and the end of its process was not seen: it may still run.`;
  const startTime = pod?.startTime;
  return end('FAILED', time, {
    category: 'PLATFORM',
    reason: 'EndUnconfirmed',
    message,
    retry: 'LATER',
    ...(startTime !== undefined && { startTime }),
  });
}

function end(state: End['state'], time: EpochMs, told: Told): Ended {
  return { state, time, outcome: { exitMeaning: '', mayHaveStarted: true, agentReportJson: '', ...told } };
}
