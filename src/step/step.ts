import type { Forecast } from './forecast.ts';
import type { StepKey } from './key.ts';
import type { EpochMs, ObjectRef } from './refs.ts';
import type { Coordinate } from './state.ts';

export type { EpochMs, ObjectRef } from './refs.ts';

export interface Transition extends Coordinate {
  /** PascalCase as in Kubernetes; empty where the phase says it all. */
  readonly reason: string;
  /** One sentence for people; may be empty. */
  readonly message: string;
  /** The cluster's clock. */
  readonly time: EpochMs;
  /** The clock of the executor that saw it first. */
  readonly observeTime: EpochMs;
}

export interface Waiting {
  readonly reason: string;
  readonly message: string;
  /** The cluster's clock. */
  readonly since: EpochMs;
  /** When a timeout of the step will end it for that; the executor's clock. */
  readonly giveUpTime?: EpochMs;
  /** What would help; may be empty. */
  readonly remedy: string;
}

export type FailureCategory =
  | 'AGENT'
  | 'INPUT'
  | 'PLATFORM'
  | 'DISRUPTION'
  | 'RESOURCES'
  | 'IMAGE'
  | 'POLICY'
  | 'TIMEOUT';

export type RetryAdvice = 'NO' | 'SAME' | 'LATER' | 'ELSEWHERE' | 'MORE_RESOURCES';

export interface Outcome {
  /** Absent on success, and on a cancel. */
  readonly category?: FailureCategory;
  readonly reason: string;
  readonly message: string;
  /** Of the agent's container, where its node reported one. */
  readonly exitCode?: number;
  readonly signal?: number;
  /** GLIP's name of the exit code; empty where there is none. */
  readonly exitMeaning: string;
  /** False only when it is certain that the agent's process never started. */
  readonly mayHaveStarted: boolean;
  /** Absent on success. */
  readonly retry?: RetryAdvice;
  /** The cluster's clock. */
  readonly startTime?: EpochMs;
  readonly endTime?: EpochMs;
  /** The agent's own words from the termination message: valid JSON, untrusted, at most 4 KiB; empty without any. */
  readonly agentReportJson: string;
  /** What the outcome rests on. Absent on success, on a cancel, and where nothing was found. */
  readonly evidence?: Evidence;
}

/** Untrusted text, one line each, without control characters; at most 8 KiB together. */
export interface Evidence {
  /** Kubernetes Events, oldest first, as "Reason: message". */
  readonly events: readonly string[];
  /** The last lines of the agent's output, where it left no report. */
  readonly logTail: readonly string[];
}

export interface Cancellation {
  readonly reason: string;
  readonly requestedBy: string;
  /** The clock of the executor that accepted it. */
  readonly requestTime: EpochMs;
  readonly graceSeconds: number;
  readonly confirmed: boolean;
  /** Absent where it was not asked for. */
  readonly force?: true;
}

/** A moment that is no transition: the way does not depend on it, the answer to "where did the time go" does. */
export interface Mark {
  readonly kind: 'ACCEPTED' | 'GATED' | 'UNGATED' | 'PULLING' | 'PULLED' | 'DISRUPTION_EXPECTED';
  readonly incarnation: number;
  /** The cluster's clock; the executor's for what the cluster keeps no time of: ACCEPTED, UNGATED, and some of DISRUPTION_EXPECTED. */
  readonly time: EpochMs;
  /** The clock of the executor that saw it first. */
  readonly observeTime: EpochMs;
  /** May be empty. */
  readonly detail: string;
}

/** All that is known of one attempt, at one moment. Immutable: each change is a new object. */
export interface Step extends Coordinate {
  readonly key: StepKey;
  readonly waiting?: Waiting;
  /** Gone when the cause has gone, and when the step is over. */
  readonly disruptionExpected?: Forecast;
  /** Present exactly in the final states. */
  readonly outcome?: Outcome;
  readonly cancellation?: Cancellation;
  /** Oldest first; grows only. */
  readonly timeline: readonly Transition[];
  readonly job: ObjectRef;
  /** The Job's creation, by the cluster's clock. */
  readonly createTime: EpochMs;
  readonly pod?: ObjectRef;
  readonly node?: string;
  readonly pool: string;
  readonly image: string;
  readonly specHash: string;
  readonly labels: Readonly<Record<string, string>>;
  /** One of each kind and incarnation, of a forecast one of each cause; grows only. */
  readonly marks: readonly Mark[];
  /** Facts that came after the end or speak against it, one sentence each; they never change the state. */
  readonly observations: readonly string[];
}
