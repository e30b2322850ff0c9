import type { Forecast, SeenForecast } from './forecast.ts';
import type { StepKey } from './key.ts';
import type { EpochMs, ObjectRef } from './refs.ts';
import type { Coordinate, FinalState, StepPhase, StepState } from './state.ts';
import type { EventsWish, Lingering, Replaced, StartWish } from './wishes.ts';

export type { EpochMs, ObjectRef } from './refs.ts';
export type { EventsWish, Lingering, Replaced, StartWish } from './wishes.ts';

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

/** A place on the way that the cluster's objects show, with the cluster's own time. */
export interface Milestone {
  /** Known where an earlier life stands on the Job. */
  readonly observeTime?: EpochMs;
  readonly incarnation: number;
  readonly phase: StepPhase;
  readonly state: StepState;
  readonly reason: string;
  readonly message: string;
  readonly time: EpochMs;
}

/** A mark as the cluster's objects show it; its observe time is known where it stands in a record. */
export type SeenMark = Omit<Mark, 'time' | 'observeTime'> & Partial<Pick<Mark, 'time' | 'observeTime'>>;

/** How a step ended, and how sure that is. */
export interface End {
  readonly state: FinalState;
  readonly outcome: Outcome;
  readonly time: EpochMs;
  readonly incarnation: number;
  /**
   * `recorded`: the outcome stands on the Job and is told as it is. `gone`: there is no Job to record it on any more. `unrecorded`: there
   * is one that takes no record. `proposed`: it must be recorded first. `absence`: it rests on pods that were not seen, and one consistent read must confirm that.
   */
  readonly basis: 'recorded' | 'gone' | 'unrecorded' | 'proposed' | 'absence';
}

/** The timeout, or the grace of what the step waits for, that fires next if the step does not move. */
export interface Deadline {
  readonly cause: 'QueueTimeout' | 'StartTimeout' | 'RunTimeout' | 'WaitingTooLong';
  /** The cluster's clock. */
  readonly time: EpochMs;
  readonly seconds: number;
}

/** What the objects say about a step: the whole way so far, not what changed. */
export interface Verdict {
  readonly key: StepKey;
  readonly job: ObjectRef;
  readonly createTime: EpochMs;
  readonly pool: string;
  readonly image: string;
  readonly specHash: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Why the Job takes no record of the end; absent while it was not refused. */
  readonly unrecordable?: string;
  /** The cluster's store went back: what was over may run again. */
  readonly restored?: true;
  /** In order; at least the first. */
  readonly milestones: readonly Milestone[];
  /** The history that stands in the record; replaces the milestones' observe times. */
  readonly recordedTimeline?: readonly Transition[];
  /** In any order; what has no time of its own gets that of its first observation. */
  readonly marks: readonly SeenMark[];
  readonly observations: readonly string[];
  readonly waiting?: Waiting;
  /** `over`: its pod has ended, and what was expected by then is kept until the end is told. */
  readonly forecast?: SeenForecast | 'over';
  readonly cancellation?: Cancellation;
  /** Absent when the step is being stopped, or over. */
  readonly deadline?: Deadline;
  /** Absent when they say enough. */
  readonly eventsWish?: EventsWish;
  readonly pod?: ObjectRef;
  readonly node?: string;
  /** What stands on the Job of the lives before this one. */
  readonly lives?: string;
  /** Its pod is over, and Kubernetes makes another: the next life is to be recorded before it is told. */
  readonly replaced?: Replaced;
  /** Observations are not on the Job yet; what stands there instead, if anything does. */
  readonly unnoted?: { readonly recorded: string | undefined };
  /** Containers beside the agent's that keep the pod alive although the agent has ended. */
  readonly lingering?: Lingering;
  /** Of a step that starts at most once, as long as its pod waits for the executor. */
  readonly start?: StartWish;
  /** Present while the record is held until somebody acknowledges it: for so many seconds after the end at most. */
  readonly retain?: {
    readonly seconds: number;
    readonly index: number;
    /** Somebody has deleted the Job: only this holds it, and no garbage collector stops its pod. */
    readonly deleted: boolean;
  };
  /** Absent while the step is not over. */
  readonly end?: End;
}
