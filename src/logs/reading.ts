import type { LogStore, NoLog, StepStore } from '../job/ports.ts';
import type { EpochMs, ObjectRef } from '../step/step.ts';
import type { Goal } from './goal.ts';
import type { LogTime } from './log-time.ts';
import type { Position } from './position.ts';

/** What a reader that starts anew wants of what is there. */
export interface Selection {
  readonly tailLines?: number;
  readonly since?: LogTime;
}

export interface ReadDeps {
  readonly store: Pick<StepStore, 'listPods'> & LogStore;
  readonly now: () => EpochMs;
  /** Rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** How long nothing may be said, in milliseconds. */
  readonly quietMs: number;
}

/** A container whose log is read. */
export interface ReadTarget {
  readonly pod: ObjectRef;
  readonly jobUid: string;
  readonly container: string;
  readonly startTime: EpochMs | undefined;
}

export interface ReadOptions {
  readonly follow: boolean;
  readonly from: Position;
  /** Of the log that is there; means nothing behind a line. */
  readonly selection: Selection;
  /** What the log ended with before this reading began, where that is known. */
  readonly goal: Goal | undefined;
  /** Aborted when nothing more is to be expected of an answer that goes on. */
  readonly giveUp: AbortSignal;
}

/** How a reading ended. Orderly does not mean complete: an answer also ends so when the kubelet stops. */
export interface ReadEnd {
  readonly how: 'orderly' | 'broken' | NoLog;
  readonly error?: unknown;
  readonly position: Position;
  /** New lines. */
  readonly gained: number;
  /** The node's clock at the end of the answer, or earlier; by the executor's where no line was read. */
  readonly nodeTime: EpochMs;
}
