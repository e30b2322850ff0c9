import type { EpochMs, Outcome } from '../step/step.ts';
import type { End } from '../step/verdict.ts';
import { atDeadline, deadlinePassed } from './deadline.ts';
import { exitMeaning, signalOf } from './exit-codes.ts';
import type { JobFacts } from './facts.ts';
import { annotation } from './metadata.ts';
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
    return successUnconfirmed(complete.time ?? job.createTime, wasAnother(job, facts));
  }
  const time = failure?.time ?? job.deleteTime ?? job.createTime;
  if (failure !== undefined)
    return (
      withExitCode(failure.message, time) ??
      withoutPod(job, facts, pod, stop, time) ??
      unconfirmed(job, pod, time, stop)
    );
  if (!facts.gone && !isHeldBack(job)) return undefined;
  if (pod !== undefined) return unconfirmed(job, pod, time, stop);
  const message =
    'The Job was deleted, and no pod of it was seen; the API server does not tell who deleted it.';
  return end('FAILED', time, { category: 'DISRUPTION', reason: 'JobDeleted', message, retry: 'SAME' });
}

/** A Job is complete, too, when its pod was evicted or deleted and the agent ended that with an exit 0 (KUBERNETES.md section 2c). */
function successUnconfirmed(time: EpochMs, byAnother: boolean): Ended {
  const message = byAnother
    ? `The Job is complete, but by another pod than its annotation ${annotation.chosenPod} names as the only one: somebody has edited that, or has let the other pod start. Whether the agent has finished is not known.`
    : 'The Job is complete, so the agent ended with exit code 0; its pod was gone before it could be read, and whether the agent had finished or was stopped is not known.';
  return end('FAILED', time, {
    category: 'PLATFORM',
    reason: 'SuccessUnconfirmed',
    message,
    retry: 'SAME',
    exitCode: 0,
    exitMeaning: 'success',
  });
}

/** Of a step that starts at most once: a pod has succeeded that was not chosen. */
const wasAnother = (job: JobView, { pods }: JobFacts): boolean =>
  chosenUid(job) !== undefined &&
  pods.some(({ view }) => view.phase === 'Succeeded' && view.uid !== chosenUid(job));

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
 * A Job that has failed, and by its controller's own count never had a pod; or held them all by a gate, and chose none of them. The pods of a
 * Job that is suspended are not counted, nor is one that somebody has taken from it; of a Job that was never resumed it is known that there
 * were none.
 */
function withoutPod(
  job: JobView,
  facts: JobFacts,
  pod: PodFacts | undefined,
  stop: Stop | undefined,
  time: EpochMs,
): Ended | undefined {
  const suspended = isSuspended(job) && !stop?.neverResumed;
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

/** It is, or was: the condition stays. */
const isSuspended = ({ conditions }: JobView): boolean => conditions.some((c) => c.type === 'Suspended');

/** The end of a pod's process was not seen. */
export function unconfirmed(
  job: JobView,
  pod: PodFacts | undefined,
  time: EpochMs,
  stop: Stop | undefined,
): Ended {
  const why = whyGone(job, pod, stop);
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

function whyGone(job: JobView, pod: PodFacts | undefined, stop: Stop | undefined): string {
  if (pod === undefined && isSuspended(job))
    return 'Somebody had suspended the Job, whose controller then does not tell whether it had a pod; if so, that is gone';
  const mark = pod && condition(pod.view.conditions, 'DisruptionTarget');
  if (mark?.reason === 'DeletionByPodGC') return 'The Node object of the pod was deleted';
  const forced = stop?.force && pod?.view.deleteGraceSeconds === 0;
  return forced ? 'The pod was deleted without the word of its node, as was asked for' : 'The pod is gone';
}

function end(state: End['state'], time: EpochMs, told: Told): Ended {
  return { state, time, outcome: { exitMeaning: '', mayHaveStarted: true, agentReportJson: '', ...told } };
}
