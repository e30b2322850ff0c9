import type { Observation } from '../job/observation.ts';
import type { StepStore } from '../job/ports.ts';
import { releasePatch } from '../job/retain.ts';
import { endJobOnce } from '../job/stop.ts';
import { createTurns } from '../lib/turns.ts';
import type { Registry } from '../step/registry.ts';
import { isFinal } from '../step/state.ts';
import type { EpochMs, Step } from '../step/step.ts';
import type { Verdict } from '../step/verdict.ts';
import { createDueTimes } from './due-times.ts';
import { change } from './refresh.ts';
import { createSingleFlight } from './single-flight.ts';
import { tenantOf } from './tenant-of.ts';

export interface RetentionDeps {
  readonly registry: Registry<Observation>;
  readonly store: StepStore;
  readonly now: () => EpochMs;
  readonly signal: AbortSignal;
  readonly onError: (error: unknown, what: string) => void;
}

export interface RetentionWatch {
  /** What the registry calls with each verdict. */
  readonly onVerdict: (verdict: Verdict, step: Step) => void;
  /** Steps whose record is held, over or not. */
  readonly size: () => number;
}

/**
 * Lets go of records that nobody has acknowledged when their time is over. It is computed from the Job alone, so it holds after a restart:
 * what is overdue then goes at once. The pod of a Job that somebody deletes meanwhile is stopped as a cancel stops it: the garbage
 * collector takes pods away only once their Job is gone.
 */
export function createRetention(deps: RetentionDeps): RetentionWatch {
  const { registry, now, signal } = deps;
  const held = new Set<string>();
  const flights = createSingleFlight({
    signal,
    turns: createTurns({ signal }),
    ownerOf: tenantOf(registry),
    onError: (error, uid) => deps.onError(error, `holding or letting go of Job ${uid}`),
  });

  const release = async (uid: string): Promise<'done' | 'again'> => {
    const verdict = registry.verdict(uid);
    if (verdict?.retain === undefined) return 'done';
    await change(deps, verdict, releasePatch(uid, verdict.retain), 'record');
    return registry.verdict(uid)?.retain === undefined ? 'done' : 'again';
  };
  const stop = async (uid: string): Promise<'done' | 'again'> => {
    const verdict = registry.verdict(uid);
    if (verdict === undefined || !isToStop(verdict)) return 'done';
    await change(deps, verdict, endJobOnce(uid), 'cancel');
    return 'done';
  };
  const stopped = new Set<string>();
  const dueTimes = createDueTimes({
    now,
    signal,
    onDue: (uid) => flights.run(uid, () => release(uid)),
  });

  return {
    size: () => held.size,
    onVerdict(verdict, { state }) {
      const { retain, end, job } = verdict;
      if (retain === undefined || end?.basis === 'gone') {
        held.delete(job.uid);
        stopped.delete(job.uid);
        return dueTimes.set(job.uid, undefined);
      }
      held.add(job.uid);
      if (isToStop(verdict) && !stopped.has(job.uid)) {
        stopped.add(job.uid);
        flights.run(job.uid, () => stop(job.uid));
      }
      const over = end !== undefined && isFinal(state);
      dueTimes.set(job.uid, over ? end.time + retain.seconds * 1000 : undefined);
    },
  };
}

const isToStop = ({ retain, end }: Verdict): boolean => retain?.deleted === true && end === undefined;
