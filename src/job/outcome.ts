import { oneLine } from '../lib/plain-text.ts';
import type { EpochMs } from '../step/step.ts';
import type { End } from '../step/verdict.ts';
import { exitMeaning, signalOf } from './exit-codes.ts';
import type { ContainerState, JobView } from './observation.ts';
import { type LastWait, orderedEnd, type Told, timeoutTold, waitSentence } from './ordered-end.ts';
import type { OutcomeReason } from './outcome-reasons.ts';
import { stopTime } from './pod-conditions.ts';
import type { PodFacts } from './pod-facts.ts';
import type { Proof } from './proof.ts';
import { readReport } from './report.ts';
import type { Stop } from './stop.ts';

export type Terminated = Extract<ContainerState, { kind: 'terminated' }>;
export type { Told } from './ordered-end.ts';
export type Ended = Pick<End, 'state' | 'outcome' | 'time'>;

/** All that a rule may look at. */
export interface EndCase {
  readonly job: JobView;
  /** The Job is deleted from the API server. */
  readonly jobGone: boolean;
  /** The Job has made another pod in the place of this one, and says nothing more of it. */
  readonly superseded: boolean;
  readonly pod: PodFacts;
  /** Undefined where the node has said nothing about the end of the agent's container. */
  readonly agent: Terminated | undefined;
  readonly stop: Stop | undefined;
  readonly proof: Proof;
  /** What the pod waited for last, if its process never started. */
  readonly waited: LastWait;
  /** What controllers said when they took the pod away, as Events. */
  readonly told: readonly string[];
}

/** Whether the process may have run. A container whose status was lost is known to have been made, or not to have been. */
export function mayHaveStarted({ pod, agent, proof }: EndCase): boolean {
  if (pod.startTime !== undefined || proof === 'node-out-of-service') return true;
  return agent?.reason === 'ContainerStatusUnknown' && pod.view.created;
}

/** How a pod's step ended, with the exit code where its node reported a real one. */
export function endOfPod(end: EndCase, state: End['state'], told: Told): Ended {
  const { agent, pod } = end;
  const started = mayHaveStarted(end);
  const ran = agent?.startTime === undefined ? undefined : agent;
  const signal = ran && (ran.signal ?? signalOf(ran.exitCode));
  return {
    state,
    time: endTime(end),
    outcome: {
      ...told,
      message: oneLine(told.message, longestMessage),
      exitMeaning: ran === undefined ? '' : meaningName(ran.exitCode),
      mayHaveStarted: started,
      agentReportJson: readReport(agent?.message ?? '').json,
      ...(ran && { exitCode: ran.exitCode }),
      ...(signal !== undefined && { signal }),
      ...(pod.startTime !== undefined && { startTime: pod.startTime }),
      ...(agent?.endTime !== undefined && { endTime: agent.endTime }),
    },
  };
}

/** What the runtime says of a failed start may have 4 KiB. */
const longestMessage = 2_000;

const meaningName = (exitCode: number): string => (exitCode === 0 ? 'success' : exitMeaning(exitCode).name);

/** The container's end where its node told it, else the newest time that stands on the pod. */
function endTime({ agent, pod: { view } }: EndCase): EpochMs {
  const known = agent?.endTime ?? view.failedInit?.endTime ?? stopTime(view);
  return known ?? Math.max(view.createTime, ...view.conditions.map((c) => c.time ?? 0));
}

export const failed = (end: EndCase, told: Told): Ended => endOfPod(end, 'FAILED', told);

export const timedOut = (end: EndCase, reason: OutcomeReason, message: string): Ended =>
  endOfPod(end, 'TIMED_OUT', timeoutTold(reason, message, mayHaveStarted(end)));

/** The end that the executor itself has ordered, once it is proven. */
export function stoppedBy(stop: Stop, end: EndCase): Ended {
  const { state, told } = orderedEnd(stop, mayHaveStarted(end), end.waited);
  return endOfPod(end, state, told);
}

/** A message with what the pod waited for when it was ended. */
export function withLastWait(message: string, end: EndCase): string {
  const wait = waitSentence(mayHaveStarted(end) ? undefined : end.waited);
  return wait === '' ? message : `${message.replace(/[^.!?…]$/, '$&.')}${wait}`;
}
