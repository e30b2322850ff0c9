import { oneLine } from '../lib/plain-text.ts';
import type { EpochMs, Outcome } from '../step/step.ts';
import type { Verdict } from '../step/verdict.ts';
import type { JobFacts } from './facts.ts';
import { annotation, readJson } from './metadata.ts';
import type { JobView } from './observation.ts';
import { condition } from './pod-conditions.ts';
import type { PodFacts } from './pod-facts.ts';
import type { StepRecord } from './record.ts';
import { type PatchOperation, replaceAnnotation, type Stop } from './stop.ts';

/**
 * Facts that came after the recorded end, or speak against it: kept beside the state, which they never change. First those that an
 * executor has noted on the Job, then what its objects show now.
 */
export function observations(
  job: JobView,
  facts: JobFacts,
  record: StepRecord | undefined,
  stop: Stop | undefined,
): readonly string[] {
  const noted = notedObservations(job);
  if (record === undefined)
    return facts.unrecordable === undefined ? noted : [...noted, takesNoRecord(facts.unrecordable)];
  const seen = [
    ...(facts.restored ? [wentBack] : []),
    ...facts.pods.flatMap((pod) => ofPod(pod, record)),
    ...ofJob(job, record, stop),
  ];
  return [...noted, ...seen.filter((o) => !noted.includes(o))];
}

const most = 16;
const takesNoRecord = (why: string): string =>
  `The end could not be recorded on the Job, and another executor may tell it differently. The API server says: ${oneLine(why, 300)}`;
const wentBack =
  "The cluster's store was restored from a backup that is older than what was known of this step; its objects may say less, or something else.";

/** What stands on the Job; nothing of a text that is not ours. */
export function notedObservations({ annotations }: Pick<JobView, 'annotations'>): readonly string[] {
  const value = readJson(annotations[annotation.observations]);
  if (!Array.isArray(value) || !value.every((o) => typeof o === 'string')) return [];
  return value.slice(-most);
}

/** Says when the Job does not carry them all yet. */
export function unnoted(job: JobView, all: readonly string[]): Pick<Verdict, 'unnoted'> {
  const noted = notedObservations(job);
  if (all.slice(-most).every((o) => noted.includes(o))) return {};
  return { unnoted: { recorded: job.annotations[annotation.observations] } };
}

/** Writes all of them, unless another replica was faster. */
export const observationsPatch = (
  uid: string,
  recorded: string | undefined,
  all: readonly string[],
): readonly PatchOperation[] =>
  replaceAnnotation(uid, annotation.observations, recorded, JSON.stringify(all.slice(-most)));

const second = (time: EpochMs): string => new Date(time).toISOString().replace('.000', '');

function ofPod({ view, startTime }: PodFacts, { end, pod }: StepRecord): readonly string[] {
  const { agent } = view;
  const known = end.outcome;
  const reported = agent?.kind === 'terminated' && agent.startTime !== undefined ? agent : undefined;
  if (pod !== undefined && pod.uid !== view.uid && known.startTime !== startTime) {
    if (startTime === undefined || startTime < (known.startTime ?? 0)) return [];
    return [`Another pod of the Job, ${view.name}, started the agent at ${second(startTime)}.`];
  }
  if (reported !== undefined && reported.exitCode !== known.exitCode) {
    const when = reported.endTime === undefined ? '' : ` at ${second(reported.endTime)}`;
    return [
      `The node of pod ${view.name} reported later that the agent ended${when} with exit code ${reported.exitCode}.`,
    ];
  }
  if (startTime !== undefined && !known.mayHaveStarted)
    return [`The agent did start, in pod ${view.name} at ${second(startTime)}.`];
  return [];
}

/** Where kubectl shows something else than the step. */
function ofJob(job: JobView, { end }: StepRecord, stop: Stop | undefined): readonly string[] {
  const success = end.state === 'SUCCEEDED';
  if (!success && condition(job.conditions, 'Complete') !== undefined)
    return [
      `Kubernetes calls the Job Complete, since its pod ended with exit code 0; ${because(end.outcome)}.`,
    ];
  const failure = condition(job.conditions, 'Failed');
  if (!success || failure === undefined) return [];
  if (stop === undefined && job.deadlineSeconds === 0)
    return [
      'Kubernetes calls the Job Failed: another container kept its pod alive after the agent had ended, and the executor stopped it.',
    ];
  return [`Kubernetes calls the Job Failed (${failure.reason}); the agent had ended with success.`];
}

const because = ({ reason }: Outcome): string => `the step's own end is ${reason}`;
