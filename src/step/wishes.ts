import type { EpochMs, ObjectRef } from './refs.ts';

/** The life that begins when this one is over: what is to be recorded of it. */
export interface Replaced {
  /** Of the next life. */
  readonly incarnation: number;
  /** Why this one ended, PascalCase, and in a sentence. */
  readonly reason: string;
  readonly message: string;
  /** Uids of the pods that are over. */
  readonly pods: readonly string[];
  /** What stands on the Job of the lives before, if anything does. */
  readonly recorded: string | undefined;
  /** A text in the place of the step's end that nobody can read, if there is one. */
  readonly end: string | undefined;
}

/** What goes on behind the end of a step, and is to be stopped. */
export interface Lingering {
  /** Since when nobody needs it, by the cluster's clock. */
  readonly since: EpochMs;
  /** A whole pod: it would do the work again, and is stopped at once. */
  readonly pod?: true;
}

/** What is to be done so that one pod of a step that starts at most once may start, and no other ever. */
export type StartWish =
  | {
      /** To be written onto the Job, where nothing is yet, and nothing else than this in the places of a stop and a record. */
      readonly kind: 'choose';
      readonly pod: ObjectRef;
      readonly beside: { readonly stop: string | undefined; readonly record: string | undefined };
    }
  /** It stands on the Job: its gate, which is there among the pod's, is to be taken. */
  | { readonly kind: 'open'; readonly pod: ObjectRef; readonly gateAt: number };

/** Events that would say more of a step than its objects do. */
export interface EventsWish {
  /** The uid of the object that they are about. */
  readonly about: string;
  /** Why there is no pod; why its container is not made; since when it is held up; where the time of its start went. */
  readonly question: 'no-pod' | 'creating' | 'held' | 'start';
  /** How long the question must stand before it is worth a call. */
  readonly delayMs: number;
  /** Whether to ask again while it stands. */
  readonly again: boolean;
}

/** What the executor itself is to do for a stop, not before `time`: end the Job, or delete a pod of it. */
export type StopWish = { readonly time: EpochMs } & (
  | { readonly kind: 'job' }
  /** A grace of 0: without its node's word. */
  | {
      readonly kind: 'pod';
      readonly pod: ObjectRef;
      readonly graceSeconds: number;
      /** Only while the pod is as it was in this version. */
      readonly version?: string;
      /** The Job is to be ended behind it; instead of it, where the pod must not be deleted. */
      readonly beforeJob?: true;
    }
);
