import type { Clock } from '../lib/clock.ts';
import type { ReflectorStatus } from './reflector-status.ts';
import type { ReflectorTuning } from './reflector-tuning.ts';
import type { Delta } from './store.ts';
import type { Transport } from './transport-types.ts';
import type { KubeObject } from './types.ts';
import type { Identity } from './watch-frames.ts';

export type ReflectorDeps<T> = {
  readonly transport: Pick<Transport, 'call' | 'stream'>;
  /** The collection, as paths.everywhere gives it. */
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Takes what is needed of an object; nothing else of it is kept. Must not hold on to the object itself. */
  readonly project: (object: KubeObject) => T;
  /** Called for each change, in order and never twice at a time. What it throws is counted and reported; the view goes on. */
  readonly onDelta: (delta: Delta<T>) => void;
  readonly onError?: (error: unknown, during: 'round' | 'handler') => void;
  /** Called when `state` or `synced` changes. */
  readonly onStatus?: (status: ReflectorStatus) => void;
  /** Ask for the list as a stream (KEP-3157); falls back for good when the server refuses that. */
  readonly streamingList?: boolean;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly tuning?: Partial<ReflectorTuning>;
};

export type Reflector<T> = {
  /** Begins. Never throws: what goes wrong is in the status, and is tried again. */
  readonly start: () => void;
  /** Ends; no delta comes after it resolves. */
  readonly stop: () => Promise<void>;
  /** Resolves after the first complete list was told; rejects when stopped before. */
  readonly synced: Promise<void>;
  readonly status: () => ReflectorStatus;
  readonly get: (uid: string) => T | undefined;
  readonly values: () => IterableIterator<T>;
  /** An object that a call has returned: whatever the view misses, it will tell when that is gone. */
  readonly meet: (id: Identity, object: T) => void;
  /** Drops the watch and lists what is true now, by a consistent read. */
  readonly relist: () => void;
  /**
   * Drops a watch that is dead and resumes from the last version on another connection. Unlike a list it brings what has come and gone
   * meanwhile, as a pod's last word before its deletion.
   */
  readonly reconnect: () => void;
  /** The API server answers again: a pause is cut short, but never what the server itself asked for. */
  readonly hasten: () => void;
};
