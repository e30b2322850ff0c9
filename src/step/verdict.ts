import type { SeenForecast } from './forecast.ts';
import type { StepKey } from './key.ts';
import type { FinalState, StepPhase, StepState } from './state.ts';
import type { Cancellation, EpochMs, Mark, ObjectRef, Outcome, Transition, Waiting } from './step.ts';
import type { EventsWish, Lingering, Replaced, StartWish, StopWish } from './wishes.ts';

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
  /** The Job is suspended, and has been since its creation. */
  readonly bornSuspended?: true;
  readonly stopWish?: StopWish;
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
